#include <cmath>

#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor log1p(const Tensor& x) {
  return record("log1p",
                detail::map_floating("log1p", detail::as_floating(x), [](auto v) { return std::log1p(v); }),
                {x}, [x = Saved(x)](const Tensor& dy, Grads& dx) { dx[0] += dy / (x + 1); });
}
Tensor Tensor::log1p() const { return lexigrad::log1p(*this); }

EXAMPLE(
    log1p, .shapes = {{{3, 4}}, {{}}, {{2, 0}}, {{2, 3, 5}}},
    .apply = [](const std::vector<Tensor>& in) { return log1p(in[0]); },
    .reference = elementwise([](double x) { return std::log(1 + x); }), .domain = positive,
    .bad = [] { log1p(zeros({2}, bfloat16)); },
    .error = "[log1p] Needs float32 or float64, got bfloat16. Hint: x.to(float32) converts");

}  // namespace lexigrad
