#include <cmath>

#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor relu(const Tensor& x) {
  return record(
      "relu", detail::map("relu", kernels::Unary::relu, x), {x}, [x = Saved(x)](const Tensor& dy, Grads& dx) {
        dx[0] +=
            grad_enabled() ? masked_fill(dy, le(x, 0), 0) : detail::map_gradient(kernels::Unary::relu, x, dy);
      });
}
Tensor Tensor::relu() const { return lexigrad::relu(*this); }

EXAMPLE(
    relu, .shapes = {{{3, 4}}, {{}}, {{2, 0}}, {{2, 3, 5}}},
    .apply = [](const std::vector<Tensor>& in) { return relu(in[0]); },
    .reference = elementwise([](double x) { return x > 0 ? x : 0; }), .domain = away_from_zero,
    .bad = [] { relu(zeros({2}, bfloat16)); },
    .error = "[relu] Needs float32 or float64, got bfloat16. Hint: x.to(float32) converts");

}  // namespace lexigrad
