#include <cmath>

#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor sqrt(const Tensor& x) {
  return record("sqrt", detail::map("sqrt", kernels::Unary::sqrt, detail::as_floating(x)), {x},
                [](const Tensor& dy, const Tensor& y, Grads& dx) {
                  dx[0] += grad_enabled() ? dy / (y * 2) : detail::map_gradient(kernels::Unary::sqrt, y, dy);
                });
}
Tensor Tensor::sqrt() const { return lexigrad::sqrt(*this); }

EXAMPLE(
    sqrt, .shapes = {{{3, 4}}, {{}}, {{2, 0}}, {{2, 3, 5}}},
    .apply = [](const std::vector<Tensor>& in) { return sqrt(in[0]); },
    .reference = elementwise([](double x) { return std::sqrt(x); }), .domain = positive,
    .bad = [] { sqrt(zeros({2}, bfloat16)); },
    .error = "[sqrt] Needs float32 or float64, got bfloat16. Hint: x.to(float32) converts");

}  // namespace lexigrad
