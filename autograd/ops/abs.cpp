#include <cmath>

#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor abs(const Tensor& x) {
  return record("abs", detail::map("abs", kernels::Unary::abs, x), {x},
                [x = Saved(x)](const Tensor& dy, Grads& dx) {
                  dx[0] += grad_enabled() ? dy * sign(x) : detail::map_gradient(kernels::Unary::abs, x, dy);
                });
}
Tensor Tensor::abs() const { return lexigrad::abs(*this); }

EXAMPLE(
    abs, .shapes = {{{3, 4}}, {{}}, {{2, 0}}, {{2, 3, 5}}},
    .apply = [](const std::vector<Tensor>& in) { return abs(in[0]); },
    .reference = elementwise([](double x) { return std::abs(x); }), .domain = away_from_zero,
    .bad = [] { abs(zeros({2}, bfloat16)); },
    .error = "[abs] Needs float32 or float64, got bfloat16. Hint: x.to(float32) converts");

}  // namespace lexigrad
