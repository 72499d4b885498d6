#include <algorithm>
#include <cmath>
#include <limits>

#include "lexigrad/autograd/ops/shared/normalise.h"
#include "lexigrad/autograd/ops/shared/op.h"
#include "lexigrad/autograd/ops/shared/reduce.h"

namespace lexigrad {

Tensor var(const Tensor& x, const Dims& dims, bool keepdim, double correction) {
  check(is_floating(x.dtype()), "var", "Needs float32 or float64, got ", name(x.dtype()),
        ". Hint: x.to(float32) converts");
  std::vector<int64_t> over = detail::reduced_dims("var", dims, x.rank());
  double count = 1;
  for (int64_t d : over) count *= static_cast<double>(x.shape()[d]);
  double freedom = std::max(0.0, count - correction);
  Shape kept = detail::reduced_shape(x.shape(), over, true);
  Tensor y;
  {
    NoGrad off;
    y = detail::sum_of_squares(x, over, true) / freedom;
    Tensor finite = lt(abs(y), std::numeric_limits<double>::infinity());
    if (!all(finite).item<bool>())
      y = where(finite, y, square(detail::root_of_squares(x, over, true) / std::sqrt(freedom)));
    y = y.reshape(detail::reduced_shape(x.shape(), over, keepdim));
  }
  return record("var", std::move(y), {x}, [x = Saved(x), over, kept, freedom](const Tensor& dy, Grads& dx) {
    dx[0] += dy.reshape(kept) * (2 / freedom) * detail::deviations(x, over);
  });
}

Tensor var(const Tensor& x) { return var(x, {}); }
Tensor Tensor::var() const { return lexigrad::var(*this); }
Tensor Tensor::var(const Dims& dims, bool keepdim, double correction) const {
  return lexigrad::var(*this, dims, keepdim, correction);
}

static Tensor var_reference(const Tensor& x, int64_t rows, int64_t cols, double correction,
                            const Shape& shape) {
  Tensor y = zeros(shape, float64);
  for (int64_t i = 0; i < y.numel(); ++i) {
    const double* column = x.data<double>() + i / cols * rows * cols + i % cols;
    double mean = 0, squares = 0;
    for (int64_t r = 0; r < rows; ++r) mean += column[r * cols] / static_cast<double>(rows);
    for (int64_t r = 0; r < rows; ++r) squares += (column[r * cols] - mean) * (column[r * cols] - mean);
    y.data<double>()[i] = squares / (static_cast<double>(rows) - correction);
  }
  return y;
}

EXAMPLE(
    var, .shapes = {{{3, 4}}, {{200, 300}}},
    .apply = [](const std::vector<Tensor>& in) { return var(in[0]); },
    .reference = [](const std::vector<Tensor>& in) { return var_reference(in[0], in[0].numel(), 1, 1, {}); },
    .bad = [] { var(arange(3)); },
    .error = "[var] Needs float32 or float64, got int64. Hint: x.to(float32) converts");
EXAMPLE(
    var, .shapes = {{{3, 4, 5}}, {{0, 2, 3}}},
    .apply = [](const std::vector<Tensor>& in) { return var(in[0], {1}, true, 0); },
    .reference =
        [](const std::vector<Tensor>& in) {
          const Shape& s = in[0].shape();
          return var_reference(in[0], s[1], s[2], 0, {s[0], 1, s[2]});
        },
    .bad =
        [] {
          var(ones({2, 3}), {1, -1});
        },
    .error = "[var] Dimension 1 is named twice");
EXAMPLE(
    var, .shapes = {{{3, 37}}}, .apply = [](const std::vector<Tensor>& in) { return var(in[0], {-1}); },
    .reference = [](const std::vector<Tensor>& in) { return var_reference(in[0], 37, 1, 1, {3}); });

}  // namespace lexigrad
