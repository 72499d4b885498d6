// Losses that look at the target and at some classes drawn at random, never at the whole
// vocabulary. They give weight and bias RowGrads. x (..., dim), weight (classes, dim), bias
// (classes) or undefined, int64 targets (...); z = x weight^T + bias.
#pragma once
#include "lexigrad/nn/losses/loss.h"
#include "lexigrad/nn/losses/sampler.h"

namespace lexigrad::nn {

struct SampledOptions {
  int64_t negatives = 64;       ///< drawn for each position, or for all together (sampled_softmax)
  int64_t ignore_index = -100;  ///< targets that do not count
};

/// -log s(z[target]) - sum over negatives n of log s(-z[n]), summed over positions; s the
/// sigmoid (Mikolov et al. 2013). Its optimum is z[w] = log(p(w) / (negatives P(w))):
/// vectors, not probabilities.
Loss negative_sampling(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& targets,
                       const Sampler& sampler, const SampledOptions& options = {});

/// negative_sampling of z - log(negatives P): its optimum is z[w] = log p(w), normalised
/// without a sum over classes (Gutmann and Hyvarinen 2010; Mnih and Teh 2012).
Loss nce(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& targets,
         const Sampler& sampler, const SampledOptions& options = {});

/// Cross entropy over the target and `negatives` classes drawn once for all positions. A
/// negative's logit is taken less the log of how often it is drawn on average, and one that is
/// the position's target does not count there: so the sum of exponentials is that of all
/// classes on average, and with many negatives the loss becomes cross_entropy's (Jean et al.
/// 2015; Bengio and Senecal 2008).
Loss sampled_softmax(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& targets,
                     const Sampler& sampler, const SampledOptions& options = {});

}  // namespace lexigrad::nn
