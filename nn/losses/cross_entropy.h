// The negative log of the probability of the target.
#pragma once
#include "lexigrad/nn/layers/linear.h"
#include "lexigrad/nn/losses/loss.h"

namespace lexigrad::nn {

using lexigrad::CrossEntropyOptions;

/// Logits (..., classes) against int64 targets (...), in nats; the mean divides by the targets' weights. Or
/// against floating targets of the logits' shape, a probability for each class: -sum p log softmax at each
/// position, all of which count (ignore_index does not apply), and the mean divides by their number.
Loss cross_entropy(const Tensor& logits, const Tensor& targets, const CrossEntropyOptions& options = {});

/// cross_entropy(linear(x, weight, bias), targets) without ever holding all logits: x (..., in)
/// against targets (...); the bias may be undefined. Probabilities as targets need all logits.
Loss linear_cross_entropy(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& targets,
                          const CrossEntropyOptions& options = {});
Loss linear_cross_entropy(const Tensor& x, const Linear& head, const Tensor& targets,
                          const CrossEntropyOptions& options = {});

}  // namespace lexigrad::nn
