// The two passes of fused attention, for the op.
#pragma once
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tensor/draws.h"

namespace lexigrad::detail {

/// What the scores q . k are multiplied by.
double attention_scale(const AttentionOptions& options, int64_t head_dim);
/// Throws unless q (B, T, H, D), k (B, S, G, D) and the options fit together.
void check_attention(const Tensor& q, const Tensor& k, const AttentionOptions& options);
/// x (B, S, G, D) as (B, H, S, D): each of the G for H / G heads.
Tensor by_head(const Tensor& x, int64_t heads);
/// 0 or 1 / (1 - p) for each weight (B, H, T, S) of a draw: what the fused passes multiply by, as a tensor.
Tensor attention_dropout_mask(const Draw& draw, double p, const Shape& weights, Dtype dtype);

/// q (B, T, H, D), k (B, S, G, D), v (B, S, G, E), float32 or float64. Memory is linear in T and S.
class AttentionPass {
 public:
  AttentionPass(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionOptions& options,
                const Draw& draw);

  struct Output {
    Tensor y, lse;  ///< (B, T, H, E); log of the sum of exponentials of each query's scores, (B, H, T)
  };
  Output forward() const;

  struct Gradients {
    Tensor q, k, v, distance_bias;
  };
  Gradients backward(const Tensor& y, const Tensor& lse, const Tensor& dy) const;

 private:
  Tensor q_, k_, v_;  ///< k and v as (B, G, S, D) in memory
  AttentionOptions options_;
  Draw draw_;
};

}  // namespace lexigrad::detail
