// -log of the probability of the target.
#pragma once
#include "lexigrad/nn/layers/linear.h"
#include "lexigrad/nn/losses/loss.h"

namespace lexigrad::nn {

using lexigrad::CrossEntropyOptions;

namespace detail {
/// `sum` over int64 `targets`: its count is of those that are not ignored, its weight that of their classes.
Loss over_targets(const Tensor& sum, const Tensor& targets, int64_t ignore_index,
                  const Tensor& class_weight = {});
}  // namespace detail

/// Logits (..., classes) against int64 targets (...), in nats; the mean divides by the targets' weights.
inline Loss cross_entropy(const Tensor& logits, const Tensor& targets,
                          const CrossEntropyOptions& options = {}) {
  Tensor sum = lexigrad::cross_entropy(logits, targets, options);
  return detail::over_targets(sum, targets, options.ignore_index, options.class_weight);
}

/// cross_entropy(linear(x, weight, bias), targets) without ever holding all logits: x (..., in) against targets
/// (...); the bias may be undefined.
inline Loss linear_cross_entropy(const Tensor& x, const Tensor& weight, const Tensor& bias,
                                 const Tensor& targets, const CrossEntropyOptions& options = {}) {
  Tensor sum = lexigrad::linear_cross_entropy(x, weight, bias, targets, options);
  return detail::over_targets(sum, targets, options.ignore_index, options.class_weight);
}
inline Loss linear_cross_entropy(const Tensor& x, const Linear& head, const Tensor& targets,
                                 const CrossEntropyOptions& options = {}) {
  return nn::linear_cross_entropy(x, head.weight(), head.bias(), targets, options);
}

}  // namespace lexigrad::nn
