#include "lexigrad/nn/losses/cross_entropy.h"

namespace lexigrad::nn {

Loss cross_entropy(const Tensor& logits, const Tensor& targets, const CrossEntropyOptions& options) {
  Tensor sum = cross_entropy_sum(logits, targets, options);
  return loss_over(sum, targets, options.ignore_index, options.class_weight);
}

Loss linear_cross_entropy(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& targets,
                          const CrossEntropyOptions& options) {
  Tensor sum = linear_cross_entropy_sum(x, weight, bias, targets, options);
  return loss_over(sum, targets, options.ignore_index, options.class_weight);
}

Loss linear_cross_entropy(const Tensor& x, const Linear& head, const Tensor& targets,
                          const CrossEntropyOptions& options) {
  return linear_cross_entropy(x, head.weight(), head.bias(), targets, options);
}

}  // namespace lexigrad::nn
