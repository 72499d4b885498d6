#include <cmath>

#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor square(const Tensor& x) {
  return record("square", detail::map("square", kernels::Unary::square, x), {x},
                [x = Saved(x)](const Tensor& dy, Grads& dx) {
                  dx[0] += grad_enabled() ? dy * x * 2 : detail::map_gradient(kernels::Unary::square, x, dy);
                });
}
Tensor Tensor::square() const { return lexigrad::square(*this); }

EXAMPLE(
    square, .shapes = {{{3, 4}}, {{}}, {{2, 0}}, {{2, 3, 5}}},
    .apply = [](const std::vector<Tensor>& in) { return square(in[0]); },
    .reference = elementwise([](double x) { return x * x; }), .bad = [] { square(zeros({2}, bfloat16)); },
    .error = "[square] Needs float32 or float64, got bfloat16. Hint: x.to(float32) converts");

}  // namespace lexigrad
