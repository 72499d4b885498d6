#include <cmath>
#include <numbers>

#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor exp2(const Tensor& x) {
  Tensor y = detail::map_floating("exp2", detail::as_floating(x), [](auto v) { return std::exp2(v); });
  return record("exp2", std::move(y), {x},
                [](const Tensor& dy, const Tensor& y, Grads& dx) { dx[0] += dy * y * std::numbers::ln2; });
}
Tensor Tensor::exp2() const { return lexigrad::exp2(*this); }

EXAMPLE(
    exp2, .shapes = {{{3, 4}}, {{}}, {{2, 0}}},
    .apply = [](const std::vector<Tensor>& in) { return exp2(in[0]); },
    .reference = elementwise([](double x) { return std::exp(x * std::log(2.0)); }),
    .bad = [] { exp2(zeros({2}, bfloat16)); },
    .error = "[exp2] Needs float32 or float64, got bfloat16. Hint: x.to(float32) converts");

}  // namespace lexigrad
