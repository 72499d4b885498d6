#include <cmath>

#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor rsqrt(const Tensor& x) {
  return record("rsqrt", detail::map("rsqrt", kernels::Unary::rsqrt, detail::as_floating(x)), {x},
                [](const Tensor& dy, const Tensor& y, Grads& dx) {
                  dx[0] += grad_enabled() ? dy * square(y) * y * -0.5
                                          : detail::map_gradient(kernels::Unary::rsqrt, y, dy);
                });
}
Tensor Tensor::rsqrt() const { return lexigrad::rsqrt(*this); }

EXAMPLE(
    rsqrt, .shapes = {{{3, 4}}, {{}}, {{2, 0}}, {{2, 3, 5}}},
    .apply = [](const std::vector<Tensor>& in) { return rsqrt(in[0]); },
    .reference = elementwise([](double x) { return 1 / std::sqrt(x); }), .domain = positive,
    .bad = [] { rsqrt(zeros({2}, bfloat16)); },
    .error = "[rsqrt] Needs float32 or float64, got bfloat16. Hint: x.to(float32) converts");

}  // namespace lexigrad
