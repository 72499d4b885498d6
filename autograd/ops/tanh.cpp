#include <cmath>

#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor tanh(const Tensor& x) {
  return record("tanh", detail::map("tanh", kernels::Unary::tanh, detail::as_floating(x)), {x},
                [](const Tensor& dy, const Tensor& y, Grads& dx) {
                  dx[0] += grad_enabled() ? dy * (1 - square(y))
                                          : detail::map_gradient(kernels::Unary::tanh, y, dy);
                });
}
Tensor Tensor::tanh() const { return lexigrad::tanh(*this); }

EXAMPLE(
    tanh, .shapes = {{{3, 4}}, {{}}, {{2, 0}}, {{2, 3, 5}}},
    .apply = [](const std::vector<Tensor>& in) { return tanh(in[0]); },
    .reference = elementwise([](double x) { return std::tanh(x); }),
    .bad = [] { tanh(zeros({2}, bfloat16)); },
    .error = "[tanh] Needs float32 or float64, got bfloat16. Hint: x.to(float32) converts");

}  // namespace lexigrad
