// No positions: a causal model still sees how many tokens came before, another sees a bag of them.
#pragma once
#include "lexigrad/nn/positions/positions.h"

namespace lexigrad::nn {

class NoPositions final : public Positions {
  LEXIGRAD_MODULE(NoPositions)
};

}  // namespace lexigrad::nn
