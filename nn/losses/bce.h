// Binary cross entropy of probabilities.
#pragma once
#include <array>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/tape/function.h"
#include "lexigrad/nn/losses/loss.h"

namespace lexigrad::nn {

namespace detail {

/// Logarithms end at -100, and the gradient's denominator p (1 - p) at 1e-12, a float: what keeps p = 0 and
/// p = 1 finite in PyTorch.
struct BinaryCrossEntropy : Function<BinaryCrossEntropy> {
  static Tensor log_of(const Tensor& p) { return clamp(log(p), -100); }
  static Tensor log_of_rest(const Tensor& p) { return clamp(log1p(-p), -100); }

  static Tensor forward(Context& context, const Tensor& p, const Tensor& t) {
    context.save(p, t);
    return (t - 1) * log_of_rest(p) - t * log_of(p);
  }
  static std::array<Tensor, 2> backward(Context& context, const Tensor& dy) {
    Tensor p = context.saved(0), t = context.saved(1), dt;
    if (context.needs(1)) dt = dy * (log_of_rest(p) - log_of(p));
    return {dy * (p - t) / clamp(p * (1 - p), 1e-12f), dt};
  }
};

}  // namespace detail

/// -(t log p + (1 - t) log(1 - p)), p in 0..1 and t of one shape and dtype; each element counts, in nats.
/// torch's BCELoss. Where p is a sigmoid, bce_with_logits of its argument is exact and has no ends.
inline Loss bce(const Tensor& p, const Tensor& targets) {
  check_one_shape("bce", p, targets);
  check(all(logical_and(ge(p, 0.0), le(p, 1.0))).item<bool>(), "bce",
        "An input is outside 0..1, and no probability. Hint: sigmoid() of it, or bce_with_logits");
  return loss_of(detail::BinaryCrossEntropy::apply(p, targets));
}

}  // namespace lexigrad::nn
