// What lets its input pass.
#pragma once
#include "lexigrad/nn/module.h"

namespace lexigrad::nn {

/// x itself: a place in a Sequential, or a layer that is switched off.
class Identity final : public Module {
 public:
  Tensor forward(const Tensor& x) const { return x; }

 private:
  LEXIGRAD_MODULE(Identity)
};

}  // namespace lexigrad::nn
