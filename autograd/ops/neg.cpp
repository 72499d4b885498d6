#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor neg(const Tensor& x) {
  return record("neg", detail::map("neg", kernels::Unary::neg, x), {x},
                [](const Tensor& dy, Grads& dx) { dx[0] += neg(dy); });
}
Tensor Tensor::neg() const { return lexigrad::neg(*this); }

EXAMPLE(
    neg, .shapes = {{{3, 4}}, {{}}, {{2, 0}}},
    .apply = [](const std::vector<Tensor>& in) { return neg(in[0]); },
    .reference = elementwise([](double x) { return -x; }), .bad = [] { neg(zeros({2}, bfloat16)); },
    .error = "[neg] Needs float32 or float64, got bfloat16. Hint: x.to(float32) converts");

}  // namespace lexigrad
