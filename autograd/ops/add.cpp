#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor add(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype()) return detail::promote(add, a, b);
  return record("add", detail::map("add", kernels::Binary::add, a, b), {a, b},
                [](const Tensor& dy, Grads& dx) {
                  dx[0] += dy;
                  dx[1] += dy;
                });
}
Tensor Tensor::add(const Tensor& other) const { return lexigrad::add(*this, other); }
Tensor Tensor::add(Scalar other) const { return lexigrad::add(*this, detail::scalar_like(*this, other)); }

EXAMPLE(
    add, .shapes = {{{3, 4}, {3, 4}}, {{2, 3, 4}, {4}}, {{3, 1}, {1, 4}}, {{}, {2, 2}}, {{0, 3}, {3}}},
    .apply = [](const std::vector<Tensor>& in) { return add(in[0], in[1]); },
    .reference = elementwise([](double a, double b) { return a + b; }),
    .bad =
        [] {
          add(ones({2, 3}), ones({2}));
        },
    .error =
        "[add] Shapes [2, 3] and [2] do not broadcast: dimension -1 has sizes 3 and 2. Hint: sizes must be "
        "equal or 1, counted from the last dimension");

}  // namespace lexigrad
