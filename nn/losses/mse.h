// Mean squared error.
#pragma once
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/nn/losses/loss.h"

namespace lexigrad::nn {

/// (input - target)^2, summed; both of one shape, each element counts.
inline Loss mse(const Tensor& input, const Tensor& target) {
  check(input.shape() == target.shape(), "mse", "The input is ", input.shape(), ", the target ",
        target.shape(), ". Hint: reshape() or expand() one of them; nothing is broadcast here");
  return {lexigrad::sum(square(input - target)), input.numel()};
}

}  // namespace lexigrad::nn
