#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor ne(const Tensor& a, const Tensor& b) { return detail::map("ne", kernels::Compare::ne, a, b); }

EXAMPLE(
    ne, .shapes = {{{3, 4}, {4}}, {{}, {5}}},
    .apply = [](const std::vector<Tensor>& in) { return ne(in[0], in[1]); },
    .reference = elementwise([](double a, double b) { return a != b ? 1.0 : 0.0; }),
    .bad = [] { ne(ones({2}), ones({3})); },
    .error =
        "[ne] Shapes [2] and [3] do not broadcast: dimension -1 has sizes 2 and 3. Hint: sizes must be equal "
        "or "
        "1, counted from the last dimension",
    .differentiable = false);

}  // namespace lexigrad
