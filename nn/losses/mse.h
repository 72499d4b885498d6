// Mean squared error.
#pragma once
#include "lexigrad/nn/losses/loss.h"

namespace lexigrad::nn {

/// (input - target)^2, summed; both of one shape, each element counts.
inline Loss mse(const Tensor& input, const Tensor& target) {
  check_one_shape("mse", input, target);
  return loss_of(square(input - target));
}

}  // namespace lexigrad::nn
