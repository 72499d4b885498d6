#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor logical_and(const Tensor& a, const Tensor& b) {
  return detail::map_pairs<bool, bool>("logical_and", a.to(boolean), b.to(boolean),
                                       [](bool u, bool v) { return u && v; });
}

EXAMPLE(
    logical_and, .shapes = {{{3, 4}, {4}}, {{}, {5}}, {{0, 3}, {3}}},
    .apply = [](const std::vector<Tensor>& in) { return logical_and(in[0], in[1]); },
    .reference = elementwise([](double a, double b) { return (a != 0) && (b != 0) ? 1.0 : 0.0; }),
    .domain = [](double x) { return x < 0 ? 0 : x; }, .bad = [] { logical_and(ones({2}), ones({3})); },
    .error =
        "[logical_and] Shapes [2] and [3] do not broadcast: dimension -1 has sizes 2 and 3. Hint: sizes must "
        "be equal or 1, counted from the last dimension",
    .differentiable = false);

}  // namespace lexigrad
