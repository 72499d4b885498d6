// T5's bucketed biases (Raffel et al. 2020).
#pragma once
#include <algorithm>
#include <cmath>
#include <string>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/nn/positions/distances.h"
#include "lexigrad/nn/positions/positions.h"

namespace lexigrad::nn {

struct T5PositionsOptions {
  int64_t buckets = 32;
  int64_t max_distance = 128;  ///< from here on one bucket
};

/// Adds to each score a number learned for the head and the bucket of the distance: half of the
/// buckets hold one distance each, the others ever more of them, evenly on a logarithmic scale.
/// Causal: keys after the query fall into bucket 0. One table (buckets, heads), from N(0, 1 /
/// heads), serves all layers.
class T5Positions final : public Positions {
 public:
  explicit T5Positions(int64_t heads, const T5PositionsOptions& options = {}) : options_(options) {
    check(heads > 0 && options.buckets > 1 && options.max_distance > options.buckets / 2, "T5Positions",
          "Needs heads, 2 buckets, and max_distance above half of them, got ", heads, ", ", options.buckets,
          " and ", options.max_distance);
    weight_ = Parameter(randn({options.buckets, heads}) / std::sqrt(static_cast<double>(heads)));
  }

  Tensor forward(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionOptions& options) const {
    int64_t length = q.size(1), keys = k.size(1);
    Tensor ids = empty({length + keys - 1}, int64);
    for (int64_t e = 0; e < ids.numel(); ++e) ids.data<int64_t>()[e] = bucket(e - (length - 1));
    AttentionOptions biased = options;
    biased.distance_bias = detail::plus(transpose(embedding(weight_, ids), 0, 1), options.distance_bias);
    return attention(q, k, v, biased);
  }
  Tensor attend(const Tensor& q, const Tensor& k, const Tensor& v,
                const AttentionOptions& options) const override {
    return (*this)(q, k, v, options);
  }
  bool in_attention() const override { return true; }

  /// The bucket of a key `distance` positions before the query.
  int64_t bucket(int64_t distance) const {
    int64_t exact = options_.buckets / 2;
    if (distance < exact) return std::max<int64_t>(distance, 0);
    double ratio = static_cast<float>(std::log(static_cast<float>(distance) / static_cast<float>(exact))) /
                   std::log(static_cast<double>(options_.max_distance) / static_cast<double>(exact));
    int64_t further = static_cast<int64_t>(ratio * static_cast<double>(options_.buckets - exact));
    return std::min(exact + further, options_.buckets - 1);
  }

  const ParameterRef& weight() const { return weight_; }

 private:
  std::string extra_repr() const override {
    return text("buckets=", options_.buckets, ", max_distance=", options_.max_distance);
  }

  T5PositionsOptions options_;
  Parameter weight_;
  LEXIGRAD_MODULE(T5Positions, weight_)
};

}  // namespace lexigrad::nn
