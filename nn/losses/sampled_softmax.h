// Softmax over the target and some classes that all positions share.
#pragma once
#include "lexigrad/nn/losses/sampled.h"

namespace lexigrad::nn {

/// Cross entropy over the target and `negatives` classes drawn once, each logit less the log of how often its
/// class is drawn on average; a negative that is a position's target does not count there (Jean et al. 2015).
/// Arguments as negative_sampling's. With many negatives it becomes cross_entropy.
Loss sampled_softmax(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& targets,
                     const Sampler& sampler, const SampledOptions& options = {});

}  // namespace lexigrad::nn
