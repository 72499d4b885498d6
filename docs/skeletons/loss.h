// pseudo_huber: copy to nn/losses/pseudo_huber.h and add its line to nn/nn.h.
#pragma once
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/nn/losses/loss.h"

namespace lexigrad::nn {

/// sqrt(1 + (x - y)^2) - 1, summed over all elements of x and y, which have one shape
/// (Charbonnier et al. 1994).
inline Loss pseudo_huber(const Tensor& x, const Tensor& y) {
  check(x.shape() == y.shape(), "pseudo_huber", "The shapes are ", x.shape(), " and ", y.shape());
  return {lexigrad::sum(sqrt(1 + square(x - y)) - 1), x.numel()};
}

}  // namespace lexigrad::nn
