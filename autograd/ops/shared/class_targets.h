// What the losses over classes share: checks, and what options make of a target.
#pragma once
#include <cmath>
#include <vector>

#include "lexigrad/autograd/kernels/elementwise.h"
#include "lexigrad/autograd/kernels/reduce.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tensor/tensor_body.h"

namespace lexigrad::detail {

/// `targets` (int64, of `positions`' shape), contiguous; each is 0..classes-1 or ignore_index,
/// else the error says which is not.
Tensor checked_targets(const char* op, const Tensor& targets, const Shape& positions, int64_t classes,
                       int64_t ignore_index);

/// A copy of `weight`, which must hold `classes` numbers of `dtype`, none negative; undefined stays so.
Tensor checked_class_weight(const char* op, const Tensor& weight, int64_t classes, Dtype dtype);

/// The logarithm of sum exp z in two parts: logits of 1e6 leave no digits for the second in the sum of both.
struct LogSum {
  double max;   ///< the largest of z
  double rest;  ///< log sum exp(z - max)
  double sum() const { return max + rest; }
};

/// Sum of spread[c] (z[c] - max) over n classes.
template <class T>
double spread_below(const T* spread, const T* z, T max, int64_t n) {
  std::vector<T> below(static_cast<size_t>(n));
  kernels::binary<T>(kernels::Binary::sub, z, 1, &max, 0, below.data(), n);
  return static_cast<double>(kernels::dot<T>(spread, below.data(), n));
}

/// What one position adds to the sum of losses and to the gradient of its logits z, lse = log sum exp z:
///   on_lse(t) lse - on_target(t) z[t] - sum over classes of spread[c] z[c] + z_loss lse^2
/// for a target t that counts, else 0; all logits less their largest.
class TargetWeights {
 public:
  /// Checks the options.
  TargetWeights(const char* op, const CrossEntropyOptions& options, int64_t classes, Dtype dtype);

  bool counts(int64_t t) const { return t != options_.ignore_index; }
  double on_target(int64_t t) const { return hard_ * of_class(t); }
  double on_lse(int64_t t) const { return on_target(t) + spread_total_; }
  /// The derivative of the loss with respect to lse.
  double slope(int64_t t, LogSum lse) const { return on_lse(t) + 2 * options_.z_loss * lse.sum(); }
  double loss(int64_t t, LogSum lse, double logit, double spread_logits) const {
    return on_lse(t) * lse.rest + on_target(t) * (lse.max - logit) - spread_logits +
           options_.z_loss * lse.sum() * lse.sum();
  }
  /// slope(t) p - on_target(t), p the probability of the target: the derivative with respect to its logit,
  /// but for the spread's. Exact for p near 1.
  double target_slope(int64_t t, LogSum lse, double logit) const {
    double log_p = logit - lse.max - lse.rest;
    return on_target(t) * std::expm1(log_p) + (slope(t, lse) - on_target(t)) * std::exp(log_p);
  }
  /// (classes), of the logits' dtype; undefined where nothing is spread.
  const Tensor& spread() const { return spread_; }
  /// The weights of the targets that count, summed: what a mean divides by.
  double total(const Tensor& targets) const;
  /// The options, with weights of their own.
  const CrossEntropyOptions& options() const { return options_; }

 private:
  double of_class(int64_t t) const { return weights_.empty() ? 1 : weights_[static_cast<size_t>(t)]; }

  CrossEntropyOptions options_;
  std::vector<double> weights_;  ///< empty: 1 each
  double hard_;                  ///< the share of a target that is not spread
  double spread_total_ = 0;
  Tensor spread_;
};

}  // namespace lexigrad::detail
