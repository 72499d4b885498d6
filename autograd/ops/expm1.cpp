#include <cmath>

#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor expm1(const Tensor& x) {
  return record("expm1",
                detail::map_floating("expm1", detail::as_floating(x), [](auto v) { return std::expm1(v); }),
                {x}, [](const Tensor& dy, const Tensor& y, Grads& dx) { dx[0] += dy * (y + 1); });
}
Tensor Tensor::expm1() const { return lexigrad::expm1(*this); }

EXAMPLE(
    expm1, .shapes = {{{3, 4}}, {{}}, {{2, 0}}, {{2, 3, 5}}},
    .apply = [](const std::vector<Tensor>& in) { return expm1(in[0]); },
    .reference = elementwise([](double x) { return std::exp(x) - 1; }),
    .bad = [] { expm1(zeros({2}, bfloat16)); },
    .error = "[expm1] Needs float32 or float64, got bfloat16. Hint: x.to(float32) converts");

}  // namespace lexigrad
