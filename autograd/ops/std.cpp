#include <cmath>

#include "lexigrad/autograd/ops/shared/normalise.h"
#include "lexigrad/autograd/ops/shared/op.h"
#include "lexigrad/autograd/ops/shared/reduce.h"

namespace lexigrad {

Tensor std(const Tensor& x, const Dims& dims, bool keepdim, double correction) {
  check(is_floating(x.dtype()), "std", "Needs float32 or float64, got ", name(x.dtype()),
        ". Hint: x.to(float32) converts");
  std::vector<int64_t> over = detail::reduced_dims("std", dims, x.rank());
  double count = 1;
  for (int64_t d : over) count *= static_cast<double>(x.shape()[d]);
  double freedom = std::max(0.0, count - correction);
  Shape kept = detail::reduced_shape(x.shape(), over, true);
  Tensor y;
  {
    NoGrad off;
    y = (detail::root_of_squares(x, over, true) / std::sqrt(freedom))
            .reshape(detail::reduced_shape(x.shape(), over, keepdim));
  }
  return record("std", std::move(y), {x},
                [x = Saved(x), over, kept, freedom](const Tensor& dy, const Tensor& y, Grads& dx) {
                  Tensor flat = eq(y, zeros({}, y.dtype()));
                  Tensor slope = dy * (1 - flat) / freedom, size = (y + flat).reshape(kept);
                  dx[0] += slope.reshape(kept) * (detail::deviations(x, over) / size);
                });
}

Tensor std(const Tensor& x) { return std(x, {}); }
Tensor Tensor::std() const { return lexigrad::std(*this); }
Tensor Tensor::std(const Dims& dims, bool keepdim, double correction) const {
  return lexigrad::std(*this, dims, keepdim, correction);
}

static Tensor std_reference(const Tensor& x, int64_t outer, int64_t rows, int64_t cols, double correction,
                            const Shape& shape) {
  Tensor y = zeros(shape, float64);
  for (int64_t i = 0; i < outer * cols; ++i) {
    const double* column = x.data<double>() + i / cols * rows * cols + i % cols;
    double mean = 0, squares = 0;
    for (int64_t r = 0; r < rows; ++r) mean += column[r * cols] / static_cast<double>(rows);
    for (int64_t r = 0; r < rows; ++r) squares += (column[r * cols] - mean) * (column[r * cols] - mean);
    y.data<double>()[i] = std::sqrt(squares / (static_cast<double>(rows) - correction));
  }
  return y;
}

EXAMPLE(
    std, .shapes = {{{3, 4}}, {{200, 300}}},
    .apply = [](const std::vector<Tensor>& in) { return std(in[0]); },
    .reference =
        [](const std::vector<Tensor>& in) { return std_reference(in[0], 1, in[0].numel(), 1, 1, {}); },
    .bad = [] { std(arange(3)); },
    .error = "[std] Needs float32 or float64, got int64. Hint: x.to(float32) converts");
EXAMPLE(
    std, .shapes = {{{3, 4, 5}}, {{3, 0, 2}}},
    .apply = [](const std::vector<Tensor>& in) { return std(in[0], {0}, true, 0); },
    .reference =
        [](const std::vector<Tensor>& in) {
          const Shape& s = in[0].shape();
          return std_reference(in[0], 1, s[0], s[1] * s[2], 0, {1, s[1], s[2]});
        },
    .bad =
        [] {
          std(ones({2, 3}), {2});
        },
    .error = "[std] Dimension 2 is outside a tensor of rank 2 (valid are -2..1)");

}  // namespace lexigrad
