// BERT's relative_key and relative_key_query (Huang et al. 2020, methods 2 and 4).
#pragma once
#include <cmath>
#include <string>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/nn/positions/distances.h"
#include "lexigrad/nn/positions/positions.h"

namespace lexigrad::nn {

enum class BertRelative { key, key_query };

/// Adds to each score the product of the query (and, for key_query, of the key) with a vector
/// learned for their distance: a table (2 max_length - 1, D) from N(0, 0.02^2), for all heads
/// of a layer. The scores of one layer are held, T x S.
class BertRelativePositions final : public Positions {
 public:
  BertRelativePositions(BertRelative form, int64_t max_length, int64_t head_dim)
      : form_(form), max_length_(max_length) {
    check(max_length > 0 && head_dim > 0, "BertRelativePositions",
          "Needs max_length and head_dim of at least 1, got ", max_length, " and ", head_dim);
    weight_ = Parameter(randn({2 * max_length - 1, head_dim}) * 0.02);
  }

  Tensor forward(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionOptions& options) const {
    check(k.size(1) <= max_length_, "BertRelativePositions", "The input has ", k.size(1),
          " positions, the table ", max_length_,
          ". Hint: cut the input into windows, or make the model with a larger max_length");
    Tensor index = detail::distance_rows(q.size(1), k.size(1), max_length_ - 1);
    Tensor scores = detail::scores_by_distance(q, weight_, index);
    if (form_ == BertRelative::key_query) {
      int64_t group = q.size(2) / k.size(2);
      Tensor heads = expand(unsqueeze(k, 3), {k.size(0), k.size(1), k.size(2), group, k.size(3)})
                         .reshape({k.size(0), k.size(1), q.size(2), k.size(3)});
      scores = scores + transpose(detail::scores_by_distance(heads, weight_, transpose(index, 0, 1)), 2, 3);
    }
    AttentionOptions biased = options;
    double scale = options.scale.value_or(1 / std::sqrt(static_cast<double>(q.size(3))));
    biased.bias = detail::plus(scores * scale, options.bias);
    return attention(q, k, v, biased);
  }
  Tensor attend(const Tensor& q, const Tensor& k, const Tensor& v,
                const AttentionOptions& options) const override {
    return (*this)(q, k, v, options);
  }
  bool in_attention() const override { return true; }
  bool of_each_layer() const override { return true; }

  const ParameterRef& weight() const { return weight_; }

 private:
  std::string extra_repr() const override {
    return text(form_ == BertRelative::key ? "relative_key" : "relative_key_query",
                ", max_length=", max_length_);
  }

  BertRelative form_;
  int64_t max_length_;
  Parameter weight_;
  LEXIGRAD_MODULE(BertRelativePositions, weight_)
};

}  // namespace lexigrad::nn
