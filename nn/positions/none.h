// No positions: a causal model still sees how many tokens came before, another sees a bag of them.
#pragma once
#include "lexigrad/nn/positions/positions.h"

namespace lexigrad::nn {

class NoPositions final : public Positions {
  LEXIGRAD_MODULE(NoPositions)
};

inline const detail::PositionsEntry no_positions("none", [](const PositionsOptions&) {
  return std::make_unique<NoPositions>();
});

}  // namespace lexigrad::nn
