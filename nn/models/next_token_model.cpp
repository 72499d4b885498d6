#include "lexigrad/nn/models/next_token_model.h"

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/ops.h"
#include "lexigrad/nn/losses/cross_entropy.h"

namespace lexigrad::nn {
namespace {

const NextTokenModelOptions& checked(const NextTokenModelOptions& options) {
  check(options.vocabulary > 0 && options.dim > 0 && options.max_length > 0, "NextTokenModel",
        "Needs vocabulary, dim and max_length of at least 1, got ", options.vocabulary, ", ", options.dim,
        " and ", options.max_length);
  return options;
}

}  // namespace

NextTokenModel::NextTokenModel(const NextTokenModelOptions& options)
    : token_(checked(options).vocabulary, options.dim, {.name = "token.weight"}),
      position_(options.max_length, options.dim),
      encoder_(options.encoder),
      head_(options.dim, options.vocabulary, {.bias = options.bias}) {
  if (options.init_std == 1) return;
  for (const Tensor& table : {token_.weight().detach(), position_.weight().detach()})
    table.copy_(table * options.init_std);
}

Tensor NextTokenModel::encode(const Tensor& ids) const {
  Scope scope(*this);
  Tensor x = position_(token_(ids));  // (..., T, C)
  return encoder_ == Encoder::mean ? causal_mean(x) : x;
}

Loss NextTokenModel::loss(const Tensor& ids, const Tensor& targets) const {
  Scope scope(*this);
  return linear_cross_entropy(encode(ids), head_, targets);
}

std::string NextTokenModel::extra_repr() const {
  return encoder_ == Encoder::mean ? "encoder=mean" : "encoder=none";
}

}  // namespace lexigrad::nn
