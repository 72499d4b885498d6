#include <algorithm>

#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor leaky_relu(const Tensor& x, double negative_slope) {
  Tensor y = detail::map_floating("leaky_relu", x, [=](auto v) {  // a sum, as signs cannot be predicted
    decltype(v) zero = 0, slope = static_cast<decltype(v)>(negative_slope);
    return std::max(v, zero) + std::min(v, zero) * slope;
  });
  return record("leaky_relu", std::move(y), {x}, [x = Saved(x), negative_slope](const Tensor& dy, Grads& dx) {
    dx[0] += where(gt(x, 0), dy, dy * negative_slope);
  });
}

EXAMPLE(
    leaky_relu, .shapes = {{{3, 4}}, {{}}, {{2, 0}}, {{2, 3, 5}}},
    .apply = [](const std::vector<Tensor>& in) { return leaky_relu(in[0]); },
    .reference = elementwise([](double x) { return x > 0 ? x : 0.01 * x; }), .domain = away_from_zero,
    .bad = [] { leaky_relu(arange(3)); },
    .error = "[leaky_relu] Needs float32 or float64, got int64. Hint: x.to(float32) converts");
EXAMPLE(
    leaky_relu, .shapes = {{{3, 4}}},
    .apply = [](const std::vector<Tensor>& in) { return leaky_relu(in[0], 0.3); },
    .reference = elementwise([](double x) { return x > 0 ? x : 0.3 * x; }), .domain = away_from_zero);

}  // namespace lexigrad
