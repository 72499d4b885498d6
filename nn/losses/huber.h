// Squared error near the target, absolute error far from it.
#pragma once
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/nn/losses/l1.h"

namespace lexigrad::nn {

struct HuberOptions {
  double delta = 1;  ///< where the square ends, > 0
};

/// d^2 / 2 where d = |input - target| is below delta, else delta (d - delta / 2) (Huber 1964); both of one
/// shape, each element counts. torch's HuberLoss.
inline Loss huber(const Tensor& input, const Tensor& target, const HuberOptions& options = {}) {
  double delta = options.delta;
  check(delta > 0, "huber", "delta is ", delta, " (valid are numbers above 0)");
  check_one_shape("huber", input, target);
  Tensor d = abs(input - target);
  return loss_of(where(lt(d, delta), square(d) * 0.5, (d - 0.5 * delta) * delta));
}

struct SmoothL1Options {
  double beta = 1;  ///< where the square ends; 0: l1
};

/// huber with delta = beta, divided by beta: its slope is 1 far from the target. torch's SmoothL1Loss.
inline Loss smooth_l1(const Tensor& input, const Tensor& target, const SmoothL1Options& options = {}) {
  check(options.beta >= 0, "smooth_l1", "beta is ", options.beta, " (valid are 0 and more)");
  check_one_shape("smooth_l1", input, target);
  return options.beta == 0 ? l1(input, target) : huber(input, target, {.delta = options.beta}) / options.beta;
}

}  // namespace lexigrad::nn
