// Negative log likelihood of numbers whose spread is predicted, too.
#pragma once
#include <cmath>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/nn/losses/loss.h"

namespace lexigrad::nn {

struct GaussianNllOptions {
  bool full = false;  ///< with the constant log(2 pi) / 2
  double eps = 1e-6;  ///< a variance below it counts as it, with the gradient as it would be there
};

/// (log var + (input - target)^2 / var) / 2 (Nix and Weigend 1994): input and target of one shape,
/// var too, or with 1 in the place of the last dimension, or without it. Each element counts.
/// torch's GaussianNLLLoss.
inline Loss gaussian_nll(const Tensor& input, const Tensor& target, const Tensor& var,
                         const GaussianNllOptions& options = {}) {
  check_one_shape("gaussian_nll", input, target);
  int64_t last = input.rank() - 1;
  bool lacks = last >= 0 && var.shape() == input.shape().without(last);
  Tensor spread = lacks ? unsqueeze(var, -1) : var;
  bool fits = spread.shape() == input.shape() ||
              (last >= 0 && spread.shape() == input.shape().without(last).with(last, 1));
  check(fits, "gaussian_nll", "The variances are ", var.shape(), ", the input ", input.shape(),
        ". Hint: one for each number, or one for each row");
  check(options.eps > 0, "gaussian_nll", "eps is ", options.eps, " (valid are numbers above 0)");
  check(!any(lt(var, 0.0)).item<bool>(), "gaussian_nll",
        "A variance is below 0. Hint: exp() or softplus() of it");
  Tensor held = spread + (clamp(spread, options.eps) - spread).detach();
  Tensor terms = (log(held) + square(input - target) / held) * 0.5;
  return loss_of(options.full ? terms + 0.5 * std::log(2 * M_PI) : terms);
}

}  // namespace lexigrad::nn
