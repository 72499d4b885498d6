#include <cmath>

#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor log(const Tensor& x) {
  return record("log", detail::map("log", kernels::Unary::log, detail::as_floating(x)), {x},
                [x = Saved(x)](const Tensor& dy, Grads& dx) {
                  dx[0] += grad_enabled() ? dy / x : detail::map_gradient(kernels::Unary::log, x, dy);
                });
}
Tensor Tensor::log() const { return lexigrad::log(*this); }

EXAMPLE(
    log, .shapes = {{{3, 4}}, {{}}, {{2, 0}}, {{2, 3, 5}}},
    .apply = [](const std::vector<Tensor>& in) { return log(in[0]); },
    .reference = elementwise([](double x) { return std::log(x); }), .domain = positive,
    .bad = [] { log(zeros({2}, bfloat16)); },
    .error = "[log] Needs float32 or float64, got bfloat16. Hint: x.to(float32) converts");

}  // namespace lexigrad
