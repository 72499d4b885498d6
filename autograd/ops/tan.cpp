#include <cmath>

#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor tan(const Tensor& x) {
  Tensor y = detail::map_floating("tan", detail::as_floating(x), [](auto v) { return std::tan(v); });
  return record("tan", std::move(y), {x},
                [](const Tensor& dy, const Tensor& y, Grads& dx) { dx[0] += dy * (1 + square(y)); });
}
Tensor Tensor::tan() const { return lexigrad::tan(*this); }

EXAMPLE(
    tan, .shapes = {{{3, 4}}, {{}}, {{2, 0}}},
    .apply = [](const std::vector<Tensor>& in) { return tan(in[0]); },
    .reference = elementwise([](double x) { return std::sin(x) / std::cos(x); }),
    .domain = [](double x) { return x * 0.3; },  // off pi / 2
    .bad = [] { tan(zeros({2}, bfloat16)); },
    .error = "[tan] Needs float32 or float64, got bfloat16. Hint: x.to(float32) converts");

}  // namespace lexigrad
