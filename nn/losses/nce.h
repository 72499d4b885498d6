// Noise-contrastive estimation.
#pragma once
#include "lexigrad/nn/losses/sampled.h"

namespace lexigrad::nn {

/// negative_sampling of z - log(negatives P): its optimum is z[w] = log p(w), normalised without a sum over
/// classes (Gutmann and Hyvarinen 2010; Mnih and Teh 2012).
Loss nce(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& targets,
         const Sampler& sampler, const SampledOptions& options = {});

}  // namespace lexigrad::nn
