// The start of a transformer's matrices, for the layers that hold them.
#pragma once
#include "lexigrad/nn/layers/linear.h"

namespace lexigrad::nn::detail {

/// Weight from N(0, std^2), bias 0, as GPT-2 has them.
inline void start_small(const Linear& layer, double std = 0.02) {
  init::normal_(layer.weight().detach(), 0, std);
  if (layer.bias().defined()) layer.bias().detach().zero_();
}

}  // namespace lexigrad::nn::detail
