#include "lexigrad/nn/losses/sampled.h"

#include <cmath>
#include <limits>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/ops/shared/class_targets.h"
#include "lexigrad/nn/losses/cross_entropy.h"

namespace lexigrad::nn {
namespace {

// log P of the ids, which must be possible where they are targets: a class that is never
// drawn has none.
Tensor target_log_probability(const char* loss, const Sampler& sampler, const Tensor& ids, Dtype dtype) {
  Tensor log_p = sampler.log_probability(where(lt(ids, 0.0), 0, ids), float64);
  for (int64_t i = 0; i < ids.numel(); ++i)
    check(ids.data<int64_t>()[i] < 0 || std::isfinite(log_p.data<double>()[i]), loss, "Target ",
          ids.data<int64_t>()[i], " at position ", i,
          " has probability 0 in the sampler. Hint: give every class that is a target a count of 1 or more");
  return where(lt(ids, 0.0), 0, log_p).to(dtype);
}

// Checked, flat inputs of such a loss.
struct SampledInputs {
  SampledInputs(const char* loss, const Tensor& inputs, const Tensor& weight, const Tensor& all_targets,
                const Sampler& sampler, const SampledOptions& options);
  Tensor x;        ///< (n, dim)
  Tensor targets;  ///< (n, 1); -1 where ignored
  int64_t count;   ///< of those that are not
};

SampledInputs::SampledInputs(const char* loss, const Tensor& inputs, const Tensor& weight,
                             const Tensor& all_targets, const Sampler& sampler,
                             const SampledOptions& options) {
  check(inputs.rank() >= 1 && weight.rank() == 2 && inputs.size(-1) == weight.size(1), loss,
        "Needs x (..., dim) and weight (classes, dim), got ", inputs.shape(), " and ", weight.shape());
  check(sampler.classes() == weight.size(0), loss, "The sampler draws from ", sampler.classes(),
        " classes, weight has ", weight.size(0));
  check(options.negatives > 0, loss, "Needs at least one negative, got ", options.negatives);
  Tensor flat =
      lexigrad::detail::checked_targets(loss, all_targets, inputs.shape().without(inputs.rank() - 1),
                                        weight.size(0), options.ignore_index)
          .reshape({all_targets.numel()});
  Tensor counts = ne(flat, static_cast<double>(options.ignore_index));
  x = inputs.reshape({flat.numel(), inputs.size(-1)});
  targets = where(counts, flat, -1).reshape({flat.numel(), 1});
  count = lexigrad::sum(counts.to(int64)).item<int64_t>();
}

// Logistic regression of each target against negatives of its own: the sum of
// softplus(-s) over targets and softplus(s) over negatives, s the logit less
// log(negatives P(id)) where `corrected`.
Loss target_or_noise(const char* loss, const Tensor& x, const Tensor& weight, const Tensor& bias,
                     const Tensor& targets, const Sampler& sampler, const SampledOptions& options,
                     bool corrected) {
  SampledInputs in(loss, x, weight, targets, sampler, options);
  Tensor counts = ge(in.targets, 0.0), noise = sampler.draw({in.targets.size(0), options.negatives});
  Tensor ids = cat({in.targets, where(counts, noise, -1)}, 1), logits = linear_rows(in.x, weight, bias, ids);
  if (corrected)
    logits = logits - std::log(static_cast<double>(options.negatives)) -
             cat({target_log_probability(loss, sampler, in.targets, x.dtype()),
                  sampler.log_probability(noise, x.dtype())},
                 1);
  Tensor sign = cat({full({1}, -1, x.dtype()), ones({options.negatives}, x.dtype())});
  Tensor terms = softplus(logits * sign, 1, std::numeric_limits<double>::infinity());
  Tensor counted = terms * counts;
  return {lexigrad::sum(counted), in.count, static_cast<double>(in.count),
          [counted, shape = targets.shape()] { return lexigrad::sum(counted, {-1}).reshape(shape); }};
}

}  // namespace

Loss negative_sampling(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& targets,
                       const Sampler& sampler, const SampledOptions& options) {
  return target_or_noise("negative_sampling", x, weight, bias, targets, sampler, options, false);
}

Loss nce(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& targets,
         const Sampler& sampler, const SampledOptions& options) {
  return target_or_noise("nce", x, weight, bias, targets, sampler, options, true);
}

Loss sampled_softmax(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& targets,
                     const Sampler& sampler, const SampledOptions& options) {
  SampledInputs in("sampled_softmax", x, weight, targets, sampler, options);
  Tensor noise = sampler.draw({options.negatives});
  Tensor drawn = sampler.log_probability(noise, x.dtype()) + std::log(static_cast<double>(options.negatives));
  Tensor others = linear_rows(in.x, weight, bias, noise) - drawn;
  others = masked_fill(others, eq(noise, in.targets), -std::numeric_limits<double>::infinity());
  Tensor logits = cat({linear_rows(in.x, weight, bias, in.targets), others}, 1);
  Tensor first = where(ge(in.targets, 0.0), 0, in.targets).reshape({in.targets.size(0)});
  Loss loss = cross_entropy(logits, first, {.ignore_index = -1});
  loss.terms = [each = loss.terms, shape = targets.shape()] { return each().reshape(shape); };
  return loss;
}

}  // namespace lexigrad::nn
