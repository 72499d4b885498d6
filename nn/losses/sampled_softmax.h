// Softmax over the target and some classes that all positions share.
#pragma once
#include "lexigrad/nn/losses/sampled.h"

namespace lexigrad::nn {

/// Cross entropy over the target and `negatives` classes drawn once for all positions. A negative's logit is
/// taken less the log of how often it is drawn on average, and one that is the position's target does not
/// count there: so the sum of exponentials is that of all classes on average, and with many negatives the
/// loss becomes cross_entropy's (Jean et al. 2015; Bengio and Senecal 2008). Arguments as
/// negative_sampling's.
Loss sampled_softmax(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& targets,
                     const Sampler& sampler, const SampledOptions& options = {});

}  // namespace lexigrad::nn
