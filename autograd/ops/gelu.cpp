#include <cmath>

#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

// The derivative by formula; far out it is 0 or 1, where x times 0 would be NaN.
static Tensor slope(const Tensor& any, kernels::Unary f) {
  Tensor x = clamp(any, -40, 40);
  if (f == kernels::Unary::gelu)
    return (erf(x * M_SQRT1_2) + 1) * 0.5 + x * exp(square(x) * -0.5) * (0.5 * M_SQRT1_2 * M_2_SQRTPI);
  double scale = M_SQRT2 / std::sqrt(M_PI);
  Tensor t = tanh((x + square(x) * x * 0.044715) * scale);
  return (t + 1) * 0.5 + x * (1 - square(t)) * (square(x) * (3 * 0.044715) + 1) * (0.5 * scale);
}

Tensor gelu(const Tensor& x, GeluForm form) {
  kernels::Unary f = form == GeluForm::exact ? kernels::Unary::gelu : kernels::Unary::gelu_tanh;
  return record("gelu", detail::map("gelu", f, x), {x}, [x = Saved(x), f](const Tensor& dy, Grads& dx) {
    dx[0] += grad_enabled() ? dy * slope(x, f) : detail::map_gradient(f, x, dy);
  });
}
Tensor Tensor::gelu() const { return lexigrad::gelu(*this); }

EXAMPLE(
    gelu, .shapes = {{{3, 4}}, {{}}, {{2, 0}}},
    .apply = [](const std::vector<Tensor>& in) { return gelu(in[0]); },
    .reference = elementwise([](double x) { return x * 0.5 * std::erfc(-x * M_SQRT1_2); }),
    .bad = [] { gelu(arange(3)); },
    .error = "[gelu] Needs float32 or float64, got int64. Hint: x.to(float32) converts");
EXAMPLE(
    gelu, .shapes = {{{3, 4}}},
    .apply = [](const std::vector<Tensor>& in) { return gelu(in[0], GeluForm::tanh); },
    .reference = elementwise([](double x) {
      return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
    }));

}  // namespace lexigrad
