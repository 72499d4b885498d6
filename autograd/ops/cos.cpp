#include <cmath>

#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor cos(const Tensor& x) {
  return record("cos",
                detail::map_floating("cos", detail::as_floating(x), [](auto v) { return std::cos(v); }), {x},
                [x = Saved(x)](const Tensor& dy, Grads& dx) { dx[0] += neg(dy * sin(x)); });
}
Tensor Tensor::cos() const { return lexigrad::cos(*this); }

EXAMPLE(
    cos, .shapes = {{{3, 4}}, {{}}, {{2, 0}}, {{2, 3, 5}}},
    .apply = [](const std::vector<Tensor>& in) { return cos(in[0]); },
    .reference = elementwise([](double x) { return std::cos(x); }), .bad = [] { cos(zeros({2}, bfloat16)); },
    .error = "[cos] Needs float32 or float64, got bfloat16. Hint: x.to(float32) converts");

}  // namespace lexigrad
