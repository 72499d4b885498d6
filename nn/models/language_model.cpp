#include "lexigrad/nn/models/language_model.h"

#include "lexigrad/autograd/tape/tape.h"
#include "lexigrad/nn/losses/cross_entropy.h"

namespace lexigrad::nn {

Loss LanguageModel::loss(const Tensor& ids, const Tensor& targets) const {
  Scope scope(*this);
  Tensor x = encode(ids);
  return is_training() ? training_loss(x, targets)
                       : linear_cross_entropy(x, head_weight(), head_bias(), targets);
}

Loss LanguageModel::training_loss(const Tensor& x, const Tensor& targets) const {
  return linear_cross_entropy(x, head_weight(), head_bias(), targets);
}

Tensor LanguageModel::next(const Tensor& ids, ModelCache& cache) const {
  NoGrad off;
  Scope scope(*this);
  Tensor x = encode(ids, &cache);
  return logits(select(x, 1, x.size(1) - 1));
}

}  // namespace lexigrad::nn
