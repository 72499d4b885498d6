#include <cmath>

#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor nan_to_num(const Tensor& x, double nan, std::optional<double> posinf, std::optional<double> neginf) {
  check_arithmetic("nan_to_num", x.dtype());
  if (!is_floating(x.dtype())) return clone(x);
  double most = x.dtype() == float32 ? static_cast<double>(std::numeric_limits<float>::max())
                                     : std::numeric_limits<double>::max();
  Tensor y = where(eq(x, INFINITY), posinf.value_or(most), x);
  return where(isnan(x), nan, where(eq(x, -INFINITY), neginf.value_or(-most), y));
}
Tensor Tensor::nan_to_num(double nan, std::optional<double> posinf, std::optional<double> neginf) const {
  return lexigrad::nan_to_num(*this, nan, posinf, neginf);
}

EXAMPLE(
    nan_to_num, .shapes = {{{3, 4}}, {{}}, {{2, 0}}},
    .apply = [](const std::vector<Tensor>& in) { return nan_to_num(in[0]); },
    .reference = elementwise([](double x) { return x; }), .bad = [] { nan_to_num(zeros({2}, bfloat16)); },
    .error = "[nan_to_num] bfloat16 is for storage alone. Hint: x.to(float32) converts");
EXAMPLE(
    nan_to_num, .shapes = {{{30, 4}}},
    .apply = [](const std::vector<Tensor>& in) { return nan_to_num(in[0], -2, 3, 4); },
    .reference = elementwise([](double x) {
      return x != x ? -2 : x == INFINITY ? 3 : x == -INFINITY ? 4 : x;
    }),
    .domain = [](double x) { return x < -1     ? NAN
                                    : x < -0.5 ? INFINITY
                                    : x < 0    ? -INFINITY
                                               : x; },
    .differentiable = false);

}  // namespace lexigrad
