#include "lexigrad/nn/losses/cross_entropy.h"

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/ops/shared/class_targets.h"
#include "lexigrad/nn/losses/nll.h"

namespace lexigrad::nn {
namespace {

// z_loss (log sum exp)^2 at each position.
Tensor z_terms(const Tensor& logits, const CrossEntropyOptions& options) {
  return square(logsumexp(logits, {-1})) * options.z_loss;
}

// The terms that cross_entropy_sum adds up, by ops.
Tensor class_terms(const Tensor& logits, const Tensor& targets, const CrossEntropyOptions& options) {
  Tensor log_probs = log_softmax(logits), weight = options.class_weight;
  Loss picked = nll(log_probs, targets, {.ignore_index = options.ignore_index, .class_weight = weight});
  Tensor extra = zeros({}, logits.dtype());
  if (options.label_smoothing > 0) {
    Tensor spread = weight.defined() ? log_probs * weight : log_probs;
    extra = extra - mean(spread, {-1}) * options.label_smoothing;
  }
  if (options.z_loss > 0) extra = extra + z_terms(logits, options);
  Tensor counts = ne(targets, full({}, static_cast<double>(options.ignore_index), int64));
  return picked.each() * (1 - options.label_smoothing) + where(counts, extra, zeros({}, logits.dtype()));
}

// Against a probability for each class.
Loss against_probabilities(const Tensor& logits, const Tensor& targets, const CrossEntropyOptions& options) {
  check(logits.rank() >= 1 && logits.size(-1) > 0, "cross_entropy",
        "Logits must have shape (..., classes), got ", logits.shape());
  double classes = static_cast<double>(logits.size(-1)), smoothing = options.label_smoothing;
  check(smoothing >= 0 && smoothing <= 1, "cross_entropy", "label_smoothing is ", smoothing,
        " (valid are 0..1)");
  Tensor weight = lexigrad::detail::checked_class_weight("cross_entropy", options.class_weight,
                                                         logits.size(-1), logits.dtype());
  Tensor p = smoothing > 0 ? targets * (1 - smoothing) + smoothing / classes : targets;
  if (weight.defined()) p = p * weight;
  Tensor impossible = eq(p, 0.0);  // 0 log 0 is 0, with gradient 0
  Tensor terms = -lexigrad::sum(p * masked_fill(log_softmax(logits), impossible, 0), {-1});
  return loss_of(options.z_loss > 0 ? terms + z_terms(logits, options) : terms);
}

}  // namespace

Loss cross_entropy(const Tensor& logits, const Tensor& targets, const CrossEntropyOptions& options) {
  if (is_floating(targets.dtype()) && targets.shape() == logits.shape())
    return against_probabilities(logits, targets, options);
  Tensor sum = cross_entropy_sum(logits, targets, options);
  Loss loss = loss_over(sum, targets, options.ignore_index, options.class_weight);
  loss.terms = [=] { return class_terms(logits, targets, options); };
  return loss;
}

Loss linear_cross_entropy(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& targets,
                          const CrossEntropyOptions& options) {
  if (is_floating(targets.dtype())) return cross_entropy(linear(x, weight, bias), targets, options);
  Tensor sum = linear_cross_entropy_sum(x, weight, bias, targets, options);
  Loss loss = loss_over(sum, targets, options.ignore_index, options.class_weight);
  loss.terms = [=] { return class_terms(linear(x, weight, bias), targets, options); };
  return loss;
}

Loss linear_cross_entropy(const Tensor& x, const Linear& head, const Tensor& targets,
                          const CrossEntropyOptions& options) {
  return linear_cross_entropy(x, head.weight(), head.bias(), targets, options);
}

}  // namespace lexigrad::nn
