#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor sub(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype()) return detail::promote(sub, a, b);
  return record("sub", detail::map("sub", kernels::Binary::sub, a, b), {a, b},
                [](const Tensor& dy, Grads& dx) {
                  dx[0] += dy;
                  if (dx.needs(1)) dx[1] += neg(dy);
                });
}
Tensor Tensor::sub(const Tensor& other) const { return lexigrad::sub(*this, other); }
Tensor Tensor::sub(Scalar other) const { return lexigrad::sub(*this, detail::scalar_like(*this, other)); }

EXAMPLE(
    sub, .shapes = {{{3, 4}, {3, 4}}, {{2, 3, 4}, {4}}, {{3, 1}, {1, 4}}, {{}, {2, 2}}, {{0, 3}, {3}}},
    .apply = [](const std::vector<Tensor>& in) { return sub(in[0], in[1]); },
    .reference = elementwise([](double a, double b) { return a - b; }),
    .bad =
        [] {
          sub(ones({2, 3}), ones({2}));
        },
    .error =
        "[sub] Shapes [2, 3] and [2] do not broadcast: dimension -1 has sizes 3 and 2. Hint: sizes must be "
        "equal or 1, counted from the last dimension");

}  // namespace lexigrad
