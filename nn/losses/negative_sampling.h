// Skip-gram's loss: each target against negatives of its own.
#pragma once
#include "lexigrad/nn/losses/sampled.h"

namespace lexigrad::nn {

/// -log s(z[target]) - sum over negatives n of log s(-z[n]), summed over positions; s the sigmoid, z = x
/// weight^T + bias (Mikolov et al. 2013). x (..., dim), weight (classes, dim), bias (classes) or undefined,
/// int64 targets (...). Its optimum is z[w] = log(p(w) / (negatives P(w))): vectors, not probabilities.
Loss negative_sampling(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& targets,
                       const Sampler& sampler, const SampledOptions& options = {});

}  // namespace lexigrad::nn
