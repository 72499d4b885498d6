// Multi-head attention, and the keys and values that generation keeps.
#pragma once
#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "lexigrad/nn/layers/dropout.h"
#include "lexigrad/nn/layers/linear.h"
#include "lexigrad/nn/positions/positions.h"

namespace lexigrad::nn {

/// Keys and values (B, G, up to max_length, D) of one layer for the tokens that it has seen.
class KeyValueCache {
 public:
  explicit KeyValueCache(int64_t max_length) : max_length_(max_length) {}
  int64_t length() const { return length_; }
  /// Adds x (B, T, G, D) behind what is there and returns all of both, (B, S, G, D).
  /// Off the tape.
  std::pair<Tensor, Tensor> append(const Tensor& keys, const Tensor& values);
  /// Forgets the tokens from `length` on.
  void truncate(int64_t length) { length_ = std::min(length, length_); }

 private:
  int64_t max_length_, length_ = 0;
  Tensor keys_, values_;
};

struct MultiHeadAttentionOptions {
  int64_t kv_heads = 0;  ///< heads of keys and values, which groups of query heads share; 0: as many as heads
  bool causal = true;    ///< no position sees those after it
  bool bias = true;      ///< of the projections
  double dropout = 0;    ///< of the attention weights, in training
  std::shared_ptr<Positions> positions = {};  ///< how order enters; none where it is null
};

/// Projects x (B, T, dim) to queries, keys and values, attends, and projects back (Vaswani et
/// al. 2017). The projections' weights start from N(0, 0.02^2), their biases from 0.
class MultiHeadAttention final : public Module {
 public:
  MultiHeadAttention(int64_t dim, int64_t heads, const MultiHeadAttentionOptions& options = {});

  /// `mask` (bool, broadcast to (B, H, T, S)) is true where a query may see a key. With a
  /// cache, x are the tokens that follow those in it.
  Tensor forward(const Tensor& x, const Tensor& mask = {}, KeyValueCache* cache = nullptr) const;

  const Linear& qkv() const { return qkv_; }
  const Linear& project() const { return project_; }

 private:
  std::string extra_repr() const override;

  int64_t dim_, heads_, kv_heads_;
  bool causal_;
  double dropout_;
  std::shared_ptr<Positions> positions_;
  Linear qkv_, project_;
  LEXIGRAD_MODULE(MultiHeadAttention, positions_, qkv_, project_)
};

}  // namespace lexigrad::nn
