#include <cmath>

#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor logsigmoid(const Tensor& x) {
  Tensor y = detail::map_floating("logsigmoid", detail::as_floating(x), [](auto v) {
    return (v < 0 ? v : 0) - std::log1p(std::exp(-std::abs(v)));
  });
  return record("logsigmoid", std::move(y), {x},
                [x = Saved(x)](const Tensor& dy, Grads& dx) { dx[0] += dy * sigmoid(neg(x)); });
}

EXAMPLE(
    logsigmoid, .shapes = {{{3, 4}}, {{}}, {{2, 0}}},
    .apply = [](const std::vector<Tensor>& in) { return logsigmoid(in[0]); },
    .reference = elementwise([](double x) { return -std::log(1 + std::exp(-x)); }),
    .bad = [] { logsigmoid(zeros({2}, bfloat16)); },
    .error = "[logsigmoid] Needs float32 or float64, got bfloat16. Hint: x.to(float32) converts");

}  // namespace lexigrad
