#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor eq(const Tensor& a, const Tensor& b) { return detail::map("eq", kernels::Compare::eq, a, b); }

EXAMPLE(
    eq, .shapes = {{{3, 4}, {4}}, {{}, {5}}},
    .apply = [](const std::vector<Tensor>& in) { return eq(in[0], in[1]); },
    .reference = elementwise([](double a, double b) { return a == b ? 1.0 : 0.0; }),
    .bad = [] { eq(ones({2}), ones({3})); },
    .error =
        "[eq] Shapes [2] and [3] do not broadcast: dimension -1 has sizes 2 and 3. Hint: sizes must be equal "
        "or "
        "1, counted from the last dimension",
    .differentiable = false);

}  // namespace lexigrad
