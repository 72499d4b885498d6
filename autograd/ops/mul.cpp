#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor mul(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype()) return detail::promote(mul, a, b);
  return record("mul", detail::map("mul", kernels::Binary::mul, a, b), {a, b},
                [a = Saved(a), b = Saved(b)](const Tensor& dy, Grads& dx) {
                  if (dx.needs(0)) dx[0] += dy * b;
                  if (dx.needs(1)) dx[1] += dy * a;
                });
}
Tensor Tensor::mul(const Tensor& other) const { return lexigrad::mul(*this, other); }
Tensor Tensor::mul(Scalar other) const { return lexigrad::mul(*this, detail::scalar_like(*this, other)); }

EXAMPLE(
    mul, .shapes = {{{3, 4}, {3, 4}}, {{2, 3, 4}, {4}}, {{3, 1}, {1, 4}}, {{}, {2, 2}}, {{0, 3}, {3}}},
    .apply = [](const std::vector<Tensor>& in) { return mul(in[0], in[1]); },
    .reference = elementwise([](double a, double b) { return a * b; }),
    .bad =
        [] {
          mul(ones({2, 3}), ones({2}));
        },
    .error =
        "[mul] Shapes [2, 3] and [2] do not broadcast: dimension -1 has sizes 3 and 2. Hint: sizes must be "
        "equal or 1, counted from the last dimension");

}  // namespace lexigrad
