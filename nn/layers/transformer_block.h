// Attention and a feed-forward layer, each added to what it reads.
#pragma once
#include <memory>
#include <string>

#include "lexigrad/nn/layers/attention.h"
#include "lexigrad/nn/layers/dropout.h"

namespace lexigrad::nn {

enum class Norm { layer, rms };
enum class FeedForward { relu, gelu, gelu_tanh, silu, swiglu };

struct TransformerBlockOptions {
  int64_t kv_heads = 0;  ///< as in MultiHeadAttentionOptions
  int64_t hidden = 0;    ///< of the feed-forward layer; 0: 4 dim (swiglu, of three matrices: 8 dim / 3)
  FeedForward feed_forward = FeedForward::gelu_tanh;
  Norm norm = Norm::layer;
  bool pre_norm = true;  ///< x + f(norm(x)), or norm(x + f(x)) as in Vaswani et al. 2017
  bool causal = true;
  bool bias = true;
  double dropout = 0;  ///< of the attention weights and of both parts' outputs
  double norm_eps = 1e-5;
  double residual_std = 0.02;  ///< of the start of the two matrices that write to the residual stream
  std::shared_ptr<Positions> positions = {};  ///< how order enters attention; none where it is null
  /// What the block computes on the way to its output is not kept for backward but computed again there, as by
  /// recomputed() (autograd/tape/recompute.h): the same bits. Its modules must not move before.
  bool recompute = false;
};

/// x (B, T, dim) to the same shape.
class TransformerBlock final : public Module {
 public:
  TransformerBlock(int64_t dim, int64_t heads, const TransformerBlockOptions& options = {});

  /// As MultiHeadAttention.
  Tensor forward(const Tensor& x, const Tensor& mask = {}, KeyValueCache* cache = nullptr) const;

  const MultiHeadAttention& attention() const { return attention_; }
  const Layer& feed_forward() const { return *mlp_; }

 private:
  std::string extra_repr() const override { return pre_norm_ ? "" : "pre_norm=False"; }
  Tensor through(const Tensor& x, const Tensor& mask, KeyValueCache* cache) const;

  // Told apart from one that was moved away or is gone, by those who look at its token.
  struct Presence {
    std::shared_ptr<const bool> token = std::make_shared<bool>(true);
    Presence() = default;
    Presence(Presence&& from) noexcept { from.token.reset(); }
    Presence& operator=(Presence&& from) noexcept {
      token = std::make_shared<bool>(true);
      from.token.reset();
      return *this;
    }
  };

  bool pre_norm_, recompute_;
  Presence presence_;
  std::unique_ptr<Layer> norm1_;
  MultiHeadAttention attention_;
  Dropout dropout_;
  std::unique_ptr<Layer> norm2_, mlp_;
  LEXIGRAD_MODULE(TransformerBlock, norm1_, attention_, dropout_, norm2_, mlp_)
};

/// The norm that ends a stack of such blocks.
std::unique_ptr<Layer> make_norm(int64_t dim, const TransformerBlockOptions& options);

}  // namespace lexigrad::nn
