// How far one distribution is from another.
#pragma once
#include "lexigrad/nn/losses/loss.h"

namespace lexigrad::nn {

struct KlDivOptions {
  bool log_target = false;  ///< the target holds log-probabilities, too
};

/// target (log target - input), 0 where the target is 0: input are log-probabilities, such as log_softmax
/// gives, target probabilities of the same shape. Each element counts, as in torch's KLDivLoss, so mean() is
/// over all of them; the divergence per row (torch's batchmean) is .sum / rows.
inline Loss kl_div(const Tensor& input, const Tensor& target, const KlDivOptions& options = {}) {
  check_one_shape("kl_div", input, target);
  if (options.log_target) return loss_of(exp(target) * (target - input));
  Tensor impossible = eq(target, 0.0);
  Tensor ratio = log(masked_fill(target, impossible, 1)) - masked_fill(input, impossible, 0);
  return loss_of(target * ratio);
}

}  // namespace lexigrad::nn
