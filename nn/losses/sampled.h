// What the losses over sampled classes share: they look at the target and at some negatives, never at the
// whole vocabulary, and give the weights RowGrads.
#pragma once
#include "lexigrad/nn/losses/loss.h"
#include "lexigrad/nn/losses/sampler.h"

namespace lexigrad::nn {

struct SampledOptions {
  int64_t negatives = 64;       ///< drawn for each position, or for all together (sampled_softmax)
  int64_t ignore_index = -100;  ///< targets that do not count
};

namespace detail {

/// Checked, flat inputs of such a loss.
struct SampledInputs {
  SampledInputs(const char* loss, const Tensor& x, const Tensor& weight, const Tensor& targets,
                const Sampler& sampler, const SampledOptions& options);
  Tensor x;        ///< (n, dim)
  Tensor targets;  ///< (n, 1); -1 where ignored
  int64_t count;   ///< of those that are not
};

/// Logistic regression of each target against negatives of its own: the sum of softplus(-s) over targets and
/// softplus(s) over negatives, s the logit less log(negatives P(id)) where `corrected`.
Loss target_or_noise(const char* loss, const Tensor& x, const Tensor& weight, const Tensor& bias,
                     const Tensor& targets, const Sampler& sampler, const SampledOptions& options,
                     bool corrected);

}  // namespace detail
}  // namespace lexigrad::nn
