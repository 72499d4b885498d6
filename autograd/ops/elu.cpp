#include <cmath>

#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor elu(const Tensor& x, double alpha) {
  Tensor y = detail::map_floating("elu", detail::as_floating(x), [alpha](auto v) {
    return v > 0 ? v : static_cast<decltype(v)>(alpha) * std::expm1(v);
  });
  return record("elu", std::move(y), {x}, [x = Saved(x), alpha](const Tensor& dy, Grads& dx) {
    dx[0] += dy * where(le(x, 0), exp(clamp(x, {}, 0)) * alpha, 1);
  });
}

EXAMPLE(
    elu, .shapes = {{{3, 4}}, {{}}, {{2, 0}}},
    .apply = [](const std::vector<Tensor>& in) { return elu(in[0], 1.3); },
    .reference = elementwise([](double x) { return x > 0 ? x : 1.3 * (std::exp(x) - 1); }),
    .domain = away_from_zero, .bad = [] { elu(zeros({2}, bfloat16)); },
    .error = "[elu] Needs float32 or float64, got bfloat16. Hint: x.to(float32) converts");

}  // namespace lexigrad
