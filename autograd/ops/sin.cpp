#include <cmath>

#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor sin(const Tensor& x) {
  return record("sin",
                detail::map_floating("sin", detail::as_floating(x), [](auto v) { return std::sin(v); }), {x},
                [x = Saved(x)](const Tensor& dy, Grads& dx) { dx[0] += dy * cos(x); });
}
Tensor Tensor::sin() const { return lexigrad::sin(*this); }

EXAMPLE(
    sin, .shapes = {{{3, 4}}, {{}}, {{2, 0}}, {{2, 3, 5}}},
    .apply = [](const std::vector<Tensor>& in) { return sin(in[0]); },
    .reference = elementwise([](double x) { return std::sin(x); }), .bad = [] { sin(zeros({2}, bfloat16)); },
    .error = "[sin] Needs float32 or float64, got bfloat16. Hint: x.to(float32) converts");

}  // namespace lexigrad
