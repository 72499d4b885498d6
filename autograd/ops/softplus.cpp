#include <cmath>

#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor softplus(const Tensor& x, double beta, double threshold) {
  Tensor y;
  {
    NoGrad off;
    Tensor scaled = beta == 1 ? x : x * beta,
           soft = detail::map("softplus", kernels::Unary::softplus, scaled);
    y = where(gt(scaled, threshold), x, beta == 1 ? soft : soft / beta);
  }
  return record("softplus", std::move(y), {x}, [x = Saved(x), beta, threshold](const Tensor& dy, Grads& dx) {
    Tensor scaled = *x * beta;
    dx[0] += dy * where(gt(scaled, threshold), 1, sigmoid(scaled));
  });
}

EXAMPLE(
    softplus, .shapes = {{{3, 4}}, {{}}, {{2, 0}}, {{2, 3, 5}}},
    .apply = [](const std::vector<Tensor>& in) { return softplus(in[0]); },
    .reference = elementwise([](double x) { return std::log(1 + std::exp(x)); }),
    .bad = [] { softplus(arange(3)); },
    .error = "[softplus] Needs float32 or float64, got int64. Hint: x.to(float32) converts");
EXAMPLE(
    softplus, .shapes = {{{3, 4}}},
    .apply = [](const std::vector<Tensor>& in) { return softplus(in[0], 2, 1.5); },
    .reference = elementwise([](double x) { return 2 * x > 1.5 ? x : std::log(1 + std::exp(2 * x)) / 2; }),
    .domain = [](double x) { return std::abs(x - 0.75) < 0.1 ? x + 0.2 : x; });

}  // namespace lexigrad
