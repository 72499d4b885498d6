// Attention with linear biases (Press, Smith and Lewis 2022).
#pragma once
#include <cmath>
#include <string>
#include <vector>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/nn/positions/distances.h"
#include "lexigrad/nn/positions/positions.h"

namespace lexigrad::nn {

/// Takes slope * distance from each score, a slope for each head: 2^(-8 (h + 1) / n) where the
/// number of heads is a power of two n; otherwise those of the next lower power, then every
/// other one of twice as many.
class AlibiPositions final : public Positions {
 public:
  explicit AlibiPositions(int64_t heads) {
    check(heads > 0, "AlibiPositions", "Needs at least one head, got ", heads);
    int64_t n = 1;
    while (2 * n <= heads) n *= 2;
    auto slope = [](int64_t number, int64_t of) {
      return std::exp2(-8.0 * static_cast<double>(number) / static_cast<double>(of));
    };
    for (int64_t h = 1; h <= n; ++h) slopes_.push_back(slope(h, n));
    for (int64_t h = 1; static_cast<int64_t>(slopes_.size()) < heads; h += 2)
      slopes_.push_back(slope(h, 2 * n));
  }

  Tensor forward(const Tensor& q, const Tensor& k, const Tensor& v, const AttentionOptions& options) const {
    AttentionOptions biased = options;
    biased.distance_bias = detail::plus(biases(q.size(1), k.size(1), q.dtype()), options.distance_bias);
    return attention(q, k, v, biased);
  }
  Tensor attend(const Tensor& q, const Tensor& k, const Tensor& v,
                const AttentionOptions& options) const override {
    return (*this)(q, k, v, options);
  }
  bool in_attention() const override { return true; }

  const std::vector<double>& slopes() const { return slopes_; }

 private:
  Tensor biases(int64_t length, int64_t keys, Dtype dtype) const {
    int64_t heads = static_cast<int64_t>(slopes_.size()), width = length + keys - 1;
    Tensor out = empty({heads, width}, float64);
    for (int64_t h = 0; h < heads; ++h)
      for (int64_t e = 0; e < width; ++e)
        out.data<double>()[h * width + e] =
            -slopes_[static_cast<size_t>(h)] * static_cast<double>(std::abs(e - (length - 1)));
    return out.to(dtype);
  }

  std::string extra_repr() const override { return text("heads=", slopes_.size()); }

  std::vector<double> slopes_;
  LEXIGRAD_MODULE(AlibiPositions)
};

}  // namespace lexigrad::nn
