// pseudo_huber: copy to nn/losses/pseudo_huber.h and add its line to nn/nn.h.
#pragma once
#include "lexigrad/nn/losses/loss.h"

namespace lexigrad::nn {

/// sqrt(1 + (x - y)^2) - 1, summed over all elements of x and y, which have one shape
/// (Charbonnier et al. 1994).
inline Loss pseudo_huber(const Tensor& x, const Tensor& y) {
  check_one_shape("pseudo_huber", x, y);
  return loss_of(sqrt(1 + square(x - y)) - 1);
}

}  // namespace lexigrad::nn
