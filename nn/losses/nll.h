// Negative log likelihood of log-probabilities.
#pragma once
#include "lexigrad/nn/losses/loss.h"

namespace lexigrad::nn {

struct NllOptions {
  int64_t ignore_index = -100;  ///< targets that do not count
  Tensor class_weight = {};     ///< (classes), of the log-probabilities' dtype; undefined: 1 each
};

/// -log_probs[..., target] times the target's weight, summed: log_probs (..., classes), such as
/// log_softmax gives, against int64 targets (...).
Loss nll(const Tensor& log_probs, const Tensor& targets, const NllOptions& options = {});

}  // namespace lexigrad::nn
