#include <cmath>

#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor erf(const Tensor& x) {
  return record(
      "erf", detail::map_floating("erf", detail::as_floating(x), [](auto v) { return std::erf(v); }), {x},
      [x = Saved(x)](const Tensor& dy, Grads& dx) { dx[0] += dy * exp(neg(square(x))) * M_2_SQRTPI; });
}
Tensor Tensor::erf() const { return lexigrad::erf(*this); }

EXAMPLE(
    erf, .shapes = {{{3, 4}}, {{}}, {{2, 0}}},
    .apply = [](const std::vector<Tensor>& in) { return erf(in[0]); },
    .reference = elementwise([](double x) { return 1 - std::erfc(x); }),
    .bad = [] { erf(zeros({2}, bfloat16)); },
    .error = "[erf] Needs float32 or float64, got bfloat16. Hint: x.to(float32) converts");

}  // namespace lexigrad
