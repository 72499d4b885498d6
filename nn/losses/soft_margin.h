// Yes or no as 1 and -1.
#pragma once
#include <limits>

#include "lexigrad/nn/losses/loss.h"

namespace lexigrad::nn {

/// log(1 + e^(-target input)), target 1 or -1; both of one shape, each element counts. torch's
/// SoftMarginLoss, and no input is too large.
inline Loss soft_margin(const Tensor& input, const Tensor& targets) {
  check_one_shape("soft_margin", input, targets);
  return loss_of(softplus(-(targets * input), 1, std::numeric_limits<double>::infinity()));
}

}  // namespace lexigrad::nn
