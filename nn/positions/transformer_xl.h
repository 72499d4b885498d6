// Transformer-XL's relative positions (Dai et al. 2019).
#pragma once
#include <cmath>
#include <string>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/nn/layers/linear.h"
#include "lexigrad/nn/positions/distances.h"
#include "lexigrad/nn/positions/positions.h"
#include "lexigrad/nn/positions/sinusoidal.h"

namespace lexigrad::nn {

/// Scores (q + u) . k + (q + v) . r, where r is a projection of the sinusoids of the distance
/// and u, v (H, D) are learned biases, zeros at first. Any length. The scores of one layer are
/// held, T x S.
class TransformerXLPositions final : public Positions {
 public:
  TransformerXLPositions(int64_t dim, int64_t heads)
      : content_(zeros({heads, dim / heads})),
        position_(zeros({heads, dim / heads})),
        project_(dim, dim, {.bias = false}) {}

  Tensor forward(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionOptions& options) const {
    int64_t length = q.size(1), keys = k.size(1), heads = q.size(2), dim = q.size(3), limit = keys - 1;
    Tensor waves = sinusoids(2 * keys - 1, heads * dim, -static_cast<double>(limit), 1, q.dtype());
    Tensor r = permute(project_(waves).reshape({2 * keys - 1, heads, dim}), {1, 2, 0});  // (H, D, rows)
    Tensor all = matmul(transpose(q + widened(position_), 1, 2), r);                     // (B, H, T, rows)
    Tensor index = detail::distance_rows(length, keys, limit);
    Tensor scores = gather(all, 3, expand(index, {q.size(0), heads, length, keys}));
    AttentionOptions biased = options;
    double scale = options.scale.value_or(1 / std::sqrt(static_cast<double>(dim)));
    biased.bias = detail::plus(scores * scale, options.bias);
    return attention(q + widened(content_), k, v, biased);
  }
  Tensor attend(const Tensor& q, const Tensor& k, const Tensor& v,
                const AttentionOptions& options) const override {
    return (*this)(q, k, v, options);
  }
  bool in_attention() const override { return true; }
  bool of_each_layer() const override { return true; }

 private:
  Parameter content_, position_;
  Linear project_;
  LEXIGRAD_MODULE(TransformerXLPositions, content_, position_, project_)
};

}  // namespace lexigrad::nn
