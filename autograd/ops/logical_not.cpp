#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor logical_not(const Tensor& x) {
  return detail::map_each(x.to(boolean), boolean, [](auto v) { return !v; });
}

EXAMPLE(
    logical_not, .shapes = {{{3, 4}}, {{}}, {{2, 0}}},
    .apply = [](const std::vector<Tensor>& in) { return logical_not(in[0]); },
    .reference = elementwise([](double x) { return x == 0 ? 1.0 : 0.0; }),
    .domain = [](double x) { return x < 0 ? 0 : x; }, .bad = [] { logical_not(Tensor()); },
    .error =
        "[tensor] This Tensor is undefined. Hint: it was default-constructed, or is the gradient of "
        "something without one",
    .differentiable = false);

}  // namespace lexigrad
