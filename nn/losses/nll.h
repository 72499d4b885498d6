// Negative log likelihood of log-probabilities.
#pragma once
#include "lexigrad/autograd/targets.h"
#include "lexigrad/nn/losses/cross_entropy.h"
#include "lexigrad/nn/losses/loss.h"

namespace lexigrad::nn {

/// -log_probs[..., target], summed: log_probs (..., classes), such as log_softmax gives, against int64
/// targets
/// (...). Ignored targets do not count.
inline Loss nll(const Tensor& log_probs, const Tensor& targets, const CrossEntropyOptions& options = {}) {
  check(log_probs.rank() >= 1 && log_probs.size(-1) > 0, "nll",
        "Log-probabilities must have shape (..., classes), got ", log_probs.shape());
  Shape places = log_probs.shape().without(log_probs.rank() - 1);
  Tensor flat =
      lexigrad::detail::checked_targets("nll", targets, places, log_probs.size(-1), options.ignore_index)
          .reshape({targets.numel()});
  Tensor counts = ne(flat, full({}, static_cast<double>(options.ignore_index), int64));
  Tensor rows = log_probs.reshape({flat.numel(), log_probs.size(-1)});
  Tensor chosen = gather(rows, 1, (flat * counts).reshape({flat.numel(), 1})).reshape({flat.numel()});
  return {-lexigrad::sum(where(counts, chosen, zeros({}, chosen.dtype()))),
          detail::count_targets(targets, options.ignore_index)};
}

}  // namespace lexigrad::nn
