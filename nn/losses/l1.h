// Absolute error.
#pragma once
#include "lexigrad/nn/losses/loss.h"

namespace lexigrad::nn {

/// |input - target|; both of one shape, each element counts. torch's L1Loss.
inline Loss l1(const Tensor& input, const Tensor& target) {
  check_one_shape("l1", input, target);
  return loss_of(abs(input - target));
}

}  // namespace lexigrad::nn
