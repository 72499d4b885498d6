// What tells a model the order of its tokens: one interface for every method (methods.h has
// them by name).
#pragma once
#include <cstdint>

#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/nn/module.h"

namespace lexigrad::nn {

/// What a method may need to know of its model. B batch, T queries, S keys, H heads, D =
/// dim / H.
struct PositionsOptions {
  int64_t max_length = 0;     ///< the longest input
  int64_t dim = 0;            ///< of the tokens' vectors
  int64_t heads = 1;          ///< of attention
  double base = 10000;        ///< rope: of the angles
  double scaling = 1;         ///< rope: how many times max_length exceeds what `base` is made for
  bool ntk = false;           ///< rope: scale by another base (NTK-aware) and not by narrower positions
  int64_t max_distance = 16;  ///< shaw: distances beyond count as this one

  /// The same for a model of these sizes.
  PositionsOptions of(int64_t length, int64_t width, int64_t head_count) const {
    PositionsOptions out = *this;
    out.max_length = length, out.dim = width, out.heads = head_count;
    return out;
  }
};

/// A method acts where it has something to add: on the tokens' vectors, on queries and keys, or
/// on the scores between them. Each does nothing where it is not overridden. Causal models give
/// queries that are the last of the keys' positions.
class Positions : public Module {
 public:
  /// Vectors x (..., T, dim), the first at position `start`.
  virtual Tensor embed(const Tensor& x, int64_t start = 0) const {
    static_cast<void>(start);
    return x;
  }
  /// Queries or keys x (B, T, H, D), the first at position `start`.
  virtual Tensor turn(const Tensor& x, int64_t start = 0) const {
    static_cast<void>(start);
    return x;
  }
  /// Attention of q (B, T, H, D) on k and v (B, S, G, D).
  virtual Tensor attend(const Tensor& q, const Tensor& k, const Tensor& v,
                        const AttentionOptions& options) const {
    return attention(q, k, v, options);
  }
  /// True where the method acts in attention, so that a model without it would not
  /// know the order.
  virtual bool in_attention() const { return false; }
  /// True where each layer's attention has parameters of its own.
  virtual bool of_each_layer() const { return false; }
};

/// No method: a causal model still sees how many tokens came before, another sees a
/// bag of them.
class NoPositions final : public Positions {
  LEXIGRAD_MODULE(NoPositions)
};

}  // namespace lexigrad::nn
