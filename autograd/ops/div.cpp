#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor div(const Tensor& a, const Tensor& b) {
  check_arithmetic("div", a.dtype());
  check_arithmetic("div", b.dtype());
  if (!is_floating(a.dtype()) && !is_floating(b.dtype())) return div(a.to(float32), b);
  if (a.dtype() != b.dtype()) return detail::promote(div, a, b);
  return record("div", detail::map("div", kernels::Binary::div, a, b), {a, b},
                [a = Saved(a), b = Saved(b)](const Tensor& dy, Grads& dx) {
                  if (dx.needs(0)) dx[0] += dy / b;
                  if (dx.needs(1)) dx[1] += neg(dy * a / square(b));
                });
}
Tensor Tensor::div(const Tensor& other) const { return lexigrad::div(*this, other); }
Tensor Tensor::div(Scalar other) const { return lexigrad::div(*this, detail::scalar_like(*this, other)); }

EXAMPLE(
    div, .shapes = {{{3, 4}, {3, 4}}, {{2, 3, 4}, {4}}, {{3, 1}, {1, 4}}, {{}, {2, 2}}, {{0, 3}, {3}}},
    .apply = [](const std::vector<Tensor>& in) { return div(in[0], in[1]); },
    .reference = elementwise([](double a, double b) { return a / b; }), .domain = away_from_zero,
    .bad =
        [] {
          div(ones({2, 3}), ones({2}));
        },
    .error =
        "[div] Shapes [2, 3] and [2] do not broadcast: dimension -1 has sizes 3 and 2. Hint: sizes must be "
        "equal or 1, counted from the last dimension");

}  // namespace lexigrad
