#include "lexigrad/nn/models/next_token_model.h"

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/nn/positions/learned.h"

namespace lexigrad::nn {
namespace {

const NextTokenModelOptions& checked(const NextTokenModelOptions& options) {
  check(options.vocabulary > 0 && options.dim > 0 && options.max_length > 0, "NextTokenModel",
        "Needs vocabulary, dim and max_length of at least 1, got ", options.vocabulary, ", ", options.dim,
        " and ", options.max_length);
  check(options.encoder != Encoder::attention ||
            (options.layers > 0 && options.heads > 0 && options.dim % options.heads == 0),
        "NextTokenModel", "The attention encoder needs layers, and heads that divide the width, got ",
        options.layers, " layers, ", options.heads, " heads and a width of ", options.dim);
  return options;
}

std::shared_ptr<Positions> positions_of(const NextTokenModelOptions& o) {
  std::shared_ptr<Positions> out = make_positions(o.positions, o.position.of(o.max_length, o.dim, o.heads));
  check(
      o.encoder == Encoder::attention || !out->in_attention(), "NextTokenModel", "The positions \"",
      o.positions,
      "\" act in attention, which this model does not have. Hint: give it the encoder attention, or learned "
      "or sinusoidal positions");
  if (auto* learned = dynamic_cast<LearnedPositions*>(out.get()); learned && o.init_std != 1)
    learned->weight().detach().mul_(o.init_std);
  return out;
}

// (x_0 + ... + x_t) / (t + 1), for x (B, T, C) that follow what the cache has seen.
Tensor running_mean(const Tensor& x, ModelCache& cache) {
  Tensor sums = cumsum(cache.sum.defined() ? cat({cache.sum, x}, 1) : x, 1);
  sums = narrow(sums, 1, sums.size(1) - x.size(1), x.size(1));
  cache.sum = narrow(sums, 1, x.size(1) - 1, 1).clone();
  double first = static_cast<double>(cache.length + 1);
  Tensor counts = arange(first, first + static_cast<double>(x.size(1)), 1, x.dtype());
  return sums / unsqueeze(counts, 1);
}

}  // namespace

NextTokenModel::NextTokenModel(const NextTokenModelOptions& options)
    : max_length_(options.max_length),
      init_std_(options.init_std),
      encoder_(options.encoder),
      token_(checked(options).vocabulary, options.dim, {.name = "token.weight"}),
      position_(positions_of(options)),
      head_(options.dim, options.vocabulary, {.bias = options.bias}) {
  if (options.init_std != 1) token_.weight().detach().mul_(options.init_std);
  if (options.tied) head_.tie_weight(token_.weight());
  if (encoder_ != Encoder::attention) return;
  TransformerBlockOptions block = options.block;
  block.positions = position_;
  blocks_ = std::make_unique<TransformerStack>(options.layers, options.dim, options.heads, block,
                                               [&] { return positions_of(options); });
  norm_ = make_norm(options.dim, block);
}

Tensor NextTokenModel::encode(const Tensor& ids, ModelCache* cache) const {
  Scope scope(*this);
  Tensor x = position_->embed(token_(ids), cache ? cache->length : 0);  // (..., T, C)
  if (encoder_ == Encoder::mean) x = cache ? running_mean(x, *cache) : causal_mean(x);
  if (blocks_) x = (*blocks_)(x, cache ? &cache->layers : nullptr);
  if (cache) cache->length += ids.size(-1);
  return norm_ ? (*norm_)(x) : x;
}

ModelCache NextTokenModel::make_cache() const {
  return ModelCache(blocks_ ? blocks_->size() : 0, max_length_);
}

std::string NextTokenModel::extra_repr() const {
  switch (encoder_) {
    case Encoder::none:
      return "encoder=none";
    case Encoder::mean:
      return "encoder=mean";
    default:
      return "encoder=attention";
  }
}

}  // namespace lexigrad::nn
