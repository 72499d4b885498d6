#include "lexigrad/nn/layers/transformer_block.h"

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/tape/recompute.h"
#include "lexigrad/nn/layers/layer_norm.h"
#include "lexigrad/nn/layers/mlp.h"
#include "lexigrad/nn/layers/rms_norm.h"
#include "lexigrad/nn/layers/swiglu.h"

namespace lexigrad::nn {
namespace {

Activation activation_of(FeedForward kind) {
  switch (kind) {
    case FeedForward::relu:
      return Activation::relu;
    case FeedForward::gelu:
      return Activation::gelu;
    case FeedForward::silu:
      return Activation::silu;
    default:
      return Activation::gelu_tanh;
  }
}

void start(const Linear& layer, double std = 0.02) { init::gpt2_(layer.weight(), layer.bias(), std); }

std::unique_ptr<Layer> make_feed_forward(int64_t dim, const TransformerBlockOptions& o) {
  if (o.feed_forward == FeedForward::swiglu) {
    auto layer = std::make_unique<SwiGLU>(dim, o.hidden > 0 ? o.hidden : (8 * dim + 2) / 3,
                                          SwiGLUOptions{.bias = o.bias, .dropout = o.dropout});
    for (const Linear* part : {&layer->gate(), &layer->value()}) start(*part);
    start(layer->project(), o.residual_std);
    return layer;
  }
  MLPOptions options{.activation = activation_of(o.feed_forward), .bias = o.bias, .dropout = o.dropout};
  auto layer = std::make_unique<MLP>(dim, o.hidden > 0 ? o.hidden : 4 * dim, options);
  start(layer->expand());
  start(layer->project(), o.residual_std);
  return layer;
}

}  // namespace

std::unique_ptr<Layer> make_norm(int64_t dim, const TransformerBlockOptions& options) {
  if (options.norm == Norm::rms)
    return std::make_unique<RMSNorm>(dim, RMSNormOptions{.eps = options.norm_eps});
  return std::make_unique<LayerNorm>(dim, LayerNormOptions{.eps = options.norm_eps, .bias = options.bias});
}

TransformerBlock::TransformerBlock(int64_t dim, int64_t heads, const TransformerBlockOptions& options)
    : pre_norm_(options.pre_norm),
      recompute_(options.recompute),
      norm1_(make_norm(dim, options)),
      attention_(dim, heads,
                 {.kv_heads = options.kv_heads,
                  .causal = options.causal,
                  .bias = options.bias,
                  .dropout = options.dropout,
                  .positions = options.positions}),
      dropout_(options.dropout),
      norm2_(make_norm(dim, options)),
      mlp_(make_feed_forward(dim, options)) {
  start(attention_.project(), options.residual_std);
}

Tensor TransformerBlock::forward(const Tensor& x, const Tensor& mask, KeyValueCache* cache) const {
  if (!recompute_ || cache) return through(x, mask, cache);
  return recomputed(
      [this, mask, there = std::weak_ptr(presence_.token)](const Tensor& in) {
        check(
            !there.expired(), "TransformerBlock",
            "The block whose values are to be computed again was moved, or is gone. Hint: keep the model where it "
            "is until backward() has run, or leave recompute out");
        return through(in, mask, nullptr);
      },
      x);
}

Tensor TransformerBlock::through(const Tensor& x, const Tensor& mask, KeyValueCache* cache) const {
  if (!pre_norm_) {
    Tensor y = (*norm1_)(x + dropout_(attention_(x, mask, cache)));
    return (*norm2_)(y + (*mlp_)(y));
  }
  Tensor y = x + dropout_(attention_((*norm1_)(x), mask, cache));
  return y + (*mlp_)((*norm2_)(y));
}

}  // namespace lexigrad::nn
