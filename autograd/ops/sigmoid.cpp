#include <cmath>

#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor sigmoid(const Tensor& x) {
  return record("sigmoid", detail::map("sigmoid", kernels::Unary::sigmoid, detail::as_floating(x)), {x},
                [](const Tensor& dy, const Tensor& y, Grads& dx) {
                  dx[0] += grad_enabled() ? dy * (y - square(y))
                                          : detail::map_gradient(kernels::Unary::sigmoid, y, dy);
                });
}
Tensor Tensor::sigmoid() const { return lexigrad::sigmoid(*this); }

EXAMPLE(
    sigmoid, .shapes = {{{3, 4}}, {{}}, {{2, 0}}, {{2, 3, 5}}},
    .apply = [](const std::vector<Tensor>& in) { return sigmoid(in[0]); },
    .reference = elementwise([](double x) { return 1 / (1 + std::exp(-x)); }),
    .bad = [] { sigmoid(zeros({2}, bfloat16)); },
    .error = "[sigmoid] Needs float32 or float64, got bfloat16. Hint: x.to(float32) converts");

}  // namespace lexigrad
