// Rotary positions (Su et al. 2021).
#pragma once
#include <cmath>
#include <string>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/nn/positions/positions.h"

namespace lexigrad::nn {

struct RotaryOptions {
  double base = 10000;
  double scaling = 1;  ///< how many times longer inputs are than those that `base` is made for
  bool ntk = false;    ///< scale the base, by scaling^(D / (D - 2)), and not the positions ("NTK-aware")
};

/// Turns each pair of a head's numbers, in queries and keys, by an angle that grows with the
/// position, so that scores depend on distances. The layout says which numbers make a pair, and
/// belongs to the weights.
class RotaryPositions final : public Positions {
 public:
  explicit RotaryPositions(RopeLayout layout, const RotaryOptions& options = {})
      : layout_(layout), options_(options) {
    check(options.base > 0 && options.scaling > 0, "RotaryPositions", "Needs base and scaling above 0, got ",
          options.base, " and ", options.scaling);
  }

  /// x (B, T, H, D) with an even D.
  Tensor forward(const Tensor& x, int64_t start = 0) const {
    double d = static_cast<double>(x.size(-1));
    bool stretch = options_.ntk && d > 2;
    double base = stretch ? options_.base * std::pow(options_.scaling, d / (d - 2)) : options_.base;
    return rope(
        x,
        {.layout = layout_, .start = start, .base = base, .position_scale = stretch ? 1 : options_.scaling});
  }
  Tensor turn(const Tensor& x, int64_t start = 0) const override { return (*this)(x, start); }
  bool in_attention() const override { return true; }

  RopeLayout layout() const { return layout_; }

 private:
  std::string extra_repr() const override {
    return text(layout_ == RopeLayout::half_split ? "half_split" : "interleaved", ", base=", options_.base);
  }

  RopeLayout layout_;
  RotaryOptions options_;
  LEXIGRAD_MODULE(RotaryPositions)
};

}  // namespace lexigrad::nn
