#include <cmath>

#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor reciprocal(const Tensor& x) {
  return record("reciprocal",
                detail::map_floating("reciprocal", detail::as_floating(x), [](auto v) { return 1 / v; }), {x},
                [](const Tensor& dy, const Tensor& y, Grads& dx) { dx[0] += neg(dy * square(y)); });
}
Tensor Tensor::reciprocal() const { return lexigrad::reciprocal(*this); }

EXAMPLE(
    reciprocal, .shapes = {{{3, 4}}, {{}}, {{2, 0}}, {{2, 3, 5}}},
    .apply = [](const std::vector<Tensor>& in) { return reciprocal(in[0]); },
    .reference = elementwise([](double x) { return 1 / x; }), .domain = away_from_zero,
    .bad = [] { reciprocal(zeros({2}, bfloat16)); },
    .error = "[reciprocal] Needs float32 or float64, got bfloat16. Hint: x.to(float32) converts");

}  // namespace lexigrad
