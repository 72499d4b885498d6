// Binary cross entropy of logits.
#pragma once
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/nn/losses/loss.h"

namespace lexigrad::nn {

struct BceOptions {
  Tensor pos_weight = {};  ///< of targets 1, broadcast to the logits' shape; 1 where there is none
};

/// -(w t log s + (1 - t) log(1 - s)), s = sigmoid(logits), t in 0..1 of the logits' shape and
/// dtype; summed, in nats, by softplus, so that no logit is too large.
inline Loss bce_with_logits(const Tensor& logits, const Tensor& targets, const BceOptions& options = {}) {
  check(logits.shape() == targets.shape(), "bce_with_logits", "The logits are ", logits.shape(),
        ", the targets ", targets.shape(), ". Hint: one target for each logit, as floating point numbers");
  Tensor missed = softplus(-logits) * targets, wrong = softplus(logits) * (1 - targets);
  return loss_of(wrong + (options.pos_weight.defined() ? options.pos_weight * missed : missed));
}

}  // namespace lexigrad::nn
