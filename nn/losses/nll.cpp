#include "lexigrad/nn/losses/nll.h"

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/ops/shared/class_targets.h"

namespace lexigrad::nn {

Loss nll(const Tensor& log_probs, const Tensor& targets, const NllOptions& options) {
  check(log_probs.rank() >= 1 && log_probs.size(-1) > 0, "nll",
        "Log-probabilities must have shape (..., classes), got ", log_probs.shape());
  Shape places = log_probs.shape().without(log_probs.rank() - 1);
  int64_t classes = log_probs.size(-1), ignored = options.ignore_index;
  Tensor flat =
      lexigrad::detail::checked_targets("nll", targets, places, classes, ignored).reshape({targets.numel()});
  Tensor weight =
      lexigrad::detail::checked_class_weight("nll", options.class_weight, classes, log_probs.dtype());
  Tensor counts = ne(flat, full({}, static_cast<double>(ignored), int64)), valid = flat * counts;
  Tensor rows = log_probs.reshape({flat.numel(), classes});
  Tensor chosen = gather(rows, 1, valid.reshape({flat.numel(), 1})).reshape({flat.numel()});
  if (weight.defined()) chosen = chosen * index_select(weight, 0, valid);
  Tensor terms = where(counts, -chosen, zeros({}, chosen.dtype()));
  Loss loss = loss_over(lexigrad::sum(terms), targets, ignored, weight);
  loss.terms = [terms, shape = targets.shape()] { return terms.reshape(shape); };
  return loss;
}

}  // namespace lexigrad::nn
