#include <cmath>

#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor exp(const Tensor& x) {
  return record("exp", detail::map("exp", kernels::Unary::exp, detail::as_floating(x)), {x},
                [](const Tensor& dy, const Tensor& y, Grads& dx) {
                  dx[0] += grad_enabled() ? dy * y : detail::map_gradient(kernels::Unary::exp, y, dy);
                });
}
Tensor Tensor::exp() const { return lexigrad::exp(*this); }

EXAMPLE(
    exp, .shapes = {{{3, 4}}, {{}}, {{2, 0}}, {{2, 3, 5}}},
    .apply = [](const std::vector<Tensor>& in) { return exp(in[0]); },
    .reference = elementwise([](double x) { return std::exp(x); }), .bad = [] { exp(zeros({2}, bfloat16)); },
    .error = "[exp] Needs float32 or float64, got bfloat16. Hint: x.to(float32) converts");

}  // namespace lexigrad
