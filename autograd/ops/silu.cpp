#include <cmath>

#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

// s(x) (1 + x (1 - s(x))), s the sigmoid.
static Tensor slope(const Tensor& x) {
  Tensor s = sigmoid(x);
  return s * (x * (1 - s) + 1);
}

Tensor silu(const Tensor& x) {
  return record("silu", detail::map("silu", kernels::Unary::silu, x), {x},
                [x = Saved(x)](const Tensor& dy, Grads& dx) {
                  dx[0] += grad_enabled() ? dy * slope(x) : detail::map_gradient(kernels::Unary::silu, x, dy);
                });
}
Tensor Tensor::silu() const { return lexigrad::silu(*this); }

EXAMPLE(
    silu, .shapes = {{{3, 4}}, {{}}, {{2, 0}}, {{2, 3, 5}}},
    .apply = [](const std::vector<Tensor>& in) { return silu(in[0]); },
    .reference = elementwise([](double x) { return x / (1 + std::exp(-x)); }), .bad = [] { silu(arange(3)); },
    .error = "[silu] Needs float32 or float64, got int64. Hint: x.to(float32) converts");

}  // namespace lexigrad
