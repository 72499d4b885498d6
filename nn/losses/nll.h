// Negative log likelihood of log-probabilities.
#pragma once
#include "lexigrad/autograd/ops/shared/class_targets.h"
#include "lexigrad/nn/losses/cross_entropy.h"
#include "lexigrad/nn/losses/loss.h"

namespace lexigrad::nn {

struct NllOptions {
  int64_t ignore_index = -100;  ///< targets that do not count
  Tensor class_weight = {};     ///< (classes), of the log-probabilities' dtype; undefined: 1 each
};

/// -log_probs[..., target] times the target's weight, summed: log_probs (..., classes), such as log_softmax
/// gives, against int64 targets (...).
inline Loss nll(const Tensor& log_probs, const Tensor& targets, const NllOptions& options = {}) {
  check(log_probs.rank() >= 1 && log_probs.size(-1) > 0, "nll",
        "Log-probabilities must have shape (..., classes), got ", log_probs.shape());
  Shape places = log_probs.shape().without(log_probs.rank() - 1);
  Tensor flat =
      lexigrad::detail::checked_targets("nll", targets, places, log_probs.size(-1), options.ignore_index)
          .reshape({targets.numel()});
  Tensor counts = ne(flat, full({}, static_cast<double>(options.ignore_index), int64));
  Tensor rows = log_probs.reshape({flat.numel(), log_probs.size(-1)});
  Tensor valid = flat * counts, weight = lexigrad::detail::checked_class_weight(
                                    "nll", options.class_weight, log_probs.size(-1), log_probs.dtype());
  Tensor chosen = gather(rows, 1, valid.reshape({flat.numel(), 1})).reshape({flat.numel()});
  if (weight.defined()) chosen = chosen * index_select(weight, 0, valid);
  return detail::over_targets(-lexigrad::sum(where(counts, chosen, zeros({}, chosen.dtype()))), targets,
                              options.ignore_index, weight);
}

}  // namespace lexigrad::nn
