#include <cmath>

#include "lexigrad/autograd/op.h"

namespace lexigrad {

Tensor gelu(const Tensor& x, Gelu form) {
  kernels::Unary f = form == Gelu::exact ? kernels::Unary::gelu : kernels::Unary::gelu_tanh;
  return record("gelu", detail::map("gelu", f, x), {x},
                [x, f](const Tensor& dy, Grads& dx) { dx[0] += detail::map_gradient(f, x, dy); });
}

EXAMPLE(
    gelu, .shapes = {{{3, 4}}, {{}}, {{2, 0}}},
    .apply = [](const std::vector<Tensor>& in) { return gelu(in[0]); },
    .reference = elementwise([](double x) { return x * 0.5 * std::erfc(-x * M_SQRT1_2); }),
    .bad = [] { gelu(arange(3)); },
    .error = "[gelu] Needs float32 or float64, got int64. Hint: x.to(float32) converts");
EXAMPLE(
    gelu, .shapes = {{{3, 4}}},
    .apply = [](const std::vector<Tensor>& in) { return gelu(in[0], Gelu::tanh); },
    .reference = elementwise([](double x) {
      return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
    }));

}  // namespace lexigrad
