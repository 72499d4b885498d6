// -log of the probability of the target.
#pragma once
#include <algorithm>

#include "lexigrad/nn/layers/linear.h"
#include "lexigrad/nn/losses/loss.h"

namespace lexigrad::nn {

struct CrossEntropyOptions {
  int64_t ignore_index = -100;  // targets that do not count
};

namespace detail {
inline int64_t count_targets(const Tensor& targets, int64_t ignore_index) {
  Tensor flat = targets.contiguous();
  const int64_t* t = flat.data<int64_t>();
  return flat.numel() - std::count(t, t + flat.numel(), ignore_index);
}
}  // namespace detail

/// Logits (..., classes) against int64 targets (...), in nats.
inline Loss cross_entropy(const Tensor& logits, const Tensor& targets,
                          const CrossEntropyOptions& options = {}) {
  Tensor sum = lexigrad::cross_entropy(logits, targets, options.ignore_index);
  return {sum, detail::count_targets(targets, options.ignore_index)};
}

/// cross_entropy(linear(x, weight, bias), targets) without ever holding all logits: x (..., in) against targets
/// (...); the bias may be undefined.
inline Loss linear_cross_entropy(const Tensor& x, const Tensor& weight, const Tensor& bias,
                                 const Tensor& targets, const CrossEntropyOptions& options = {}) {
  Tensor sum = lexigrad::linear_cross_entropy(x, weight, bias, targets, options.ignore_index);
  return {sum, detail::count_targets(targets, options.ignore_index)};
}
inline Loss linear_cross_entropy(const Tensor& x, const Linear& head, const Tensor& targets,
                                 const CrossEntropyOptions& options = {}) {
  return linear_cross_entropy(x, head.weight(), head.bias(), targets, options);
}

}  // namespace lexigrad::nn
