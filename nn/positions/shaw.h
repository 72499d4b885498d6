// Relative positions in keys and values (Shaw, Uszkoreit and Vaswani 2018).
#pragma once
#include <cmath>
#include <string>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/nn/positions/distances.h"
#include "lexigrad/nn/positions/positions.h"

namespace lexigrad::nn {

/// Each key and value has a vector learned for its distance to the query added to it, distances
/// held to -max_distance..max_distance. Two tables (2 max_distance + 1, D), from N(0, 1 / D),
/// for all heads of a layer. The scores of one layer are held, T x S.
class ShawPositions final : public Positions {
 public:
  ShawPositions(int64_t head_dim, int64_t max_distance) : max_distance_(max_distance) {
    check(head_dim > 0 && max_distance > 0, "ShawPositions",
          "Needs head_dim and max_distance of at least 1, got ", head_dim, " and ", max_distance);
    double deviation = 1 / std::sqrt(static_cast<double>(head_dim));
    keys_ = Parameter(randn({2 * max_distance + 1, head_dim}) * deviation);
    values_ = Parameter(randn({2 * max_distance + 1, head_dim}) * deviation);
  }

  Tensor forward(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionOptions& options) const {
    Tensor index = detail::distance_rows(q.size(1), k.size(1), max_distance_);
    AttentionOptions biased = options;
    double scale = options.scale.value_or(1 / std::sqrt(static_cast<double>(q.size(3))));
    biased.bias = detail::plus(detail::scores_by_distance(q, keys_, index) * scale, options.bias);
    Tensor weights = attention_weights(q, k, biased);  // (B, H, T, S)
    if (options.dropout > 0) weights = dropout(weights, options.dropout);
    Tensor places = expand(index, weights.shape());
    Tensor by_row = scatter_add(
        zeros({weights.size(0), weights.size(1), weights.size(2), values_.size(0)}, weights.dtype()), 3,
        places, weights);
    Tensor values = transpose(v, 1, 2);  // (B, G, S, D)
    Tensor grouped = weights.reshape({v.size(0), v.size(2), q.size(2) / v.size(2) * q.size(1), k.size(1)});
    Tensor y = matmul(grouped, values).reshape({q.size(0), q.size(2), q.size(1), v.size(3)});
    return transpose(y + matmul(by_row, widened(values_)), 1, 2);
  }
  Tensor attend(const Tensor& q, const Tensor& k, const Tensor& v,
                const AttentionOptions& options) const override {
    return (*this)(q, k, v, options);
  }
  bool in_attention() const override { return true; }
  bool of_each_layer() const override { return true; }

 private:
  std::string extra_repr() const override { return text("max_distance=", max_distance_); }

  int64_t max_distance_;
  Parameter keys_, values_;
  LEXIGRAD_MODULE(ShawPositions, keys_, values_)
};

}  // namespace lexigrad::nn
