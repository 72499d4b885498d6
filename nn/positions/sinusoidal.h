// Sines and cosines of the position (Vaswani et al. 2017).
#pragma once
#include <cmath>
#include <string>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/nn/positions/positions.h"

namespace lexigrad::nn {

/// (count, dim) for the positions start, start + step, ...: columns 2i and 2i + 1 are the sine
/// and cosine of position * 10000^(-2i / dim).
inline Tensor sinusoids(int64_t count, int64_t dim, double start = 0, double step = 1,
                        Dtype dtype = float32) {
  Tensor out = empty({count, dim}, float64);
  double* to = out.data<double>();
  for (int64_t t = 0; t < count; ++t)
    for (int64_t c = 0; c < dim; ++c) {
      double frequency = std::pow(10000.0, -static_cast<double>(c / 2 * 2) / static_cast<double>(dim));
      double angle = (start + step * static_cast<double>(t)) * frequency;
      *to++ = c % 2 == 0 ? std::sin(angle) : std::cos(angle);
    }
  return out.to(dtype);
}

/// Adds sinusoids to the tokens' vectors; any length.
class SinusoidalPositions final : public Positions {
 public:
  /// x (..., T, dim), the first of T at position `start`, to the same shape.
  Tensor forward(const Tensor& x, int64_t start = 0) const {
    check(x.rank() >= 2, "SinusoidalPositions", "Needs x (..., T, dim), got ", x.shape());
    return x + sinusoids(x.size(-2), x.size(-1), static_cast<double>(start), 1, x.dtype());
  }
  Tensor embed(const Tensor& x, int64_t start = 0) const override { return (*this)(x, start); }

 private:
  LEXIGRAD_MODULE(SinusoidalPositions)
};

}  // namespace lexigrad::nn
