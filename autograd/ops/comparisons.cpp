// eq ne lt le gt ge.
#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor eq(const Tensor& a, const Tensor& b) { return detail::map("eq", kernels::Compare::eq, a, b); }
Tensor ne(const Tensor& a, const Tensor& b) { return detail::map("ne", kernels::Compare::ne, a, b); }
Tensor lt(const Tensor& a, const Tensor& b) { return detail::map("lt", kernels::Compare::lt, a, b); }
Tensor le(const Tensor& a, const Tensor& b) { return detail::map("le", kernels::Compare::le, a, b); }
Tensor gt(const Tensor& a, const Tensor& b) { return detail::map("gt", kernels::Compare::gt, a, b); }
Tensor ge(const Tensor& a, const Tensor& b) { return detail::map("ge", kernels::Compare::ge, a, b); }

static Example comparison(const char* name, Tensor (*op)(const Tensor&, const Tensor&),
                          double (*reference)(double, double)) {
  return {.shapes = {{{3, 4}, {4}}, {{}, {5}}},
          .apply = [op](const std::vector<Tensor>& in) { return op(in[0], in[1]); },
          .reference = elementwise(reference),
          .bad = [op] { op(ones({2}), ones({3})); },
          .error = text("[", name, "] Shapes [2] and [3] do not broadcast: dimension -1 has sizes 2 and 3. ",
                        "Hint: sizes must be equal or 1, counted from the last dimension"),
          .differentiable = false};
}

EXAMPLE(eq, comparison("eq", eq, [](double a, double b) { return a == b ? 1.0 : 0.0; }));
EXAMPLE(ne, comparison("ne", ne, [](double a, double b) { return a != b ? 1.0 : 0.0; }));
EXAMPLE(lt, comparison("lt", lt, [](double a, double b) { return a < b ? 1.0 : 0.0; }));
EXAMPLE(le, comparison("le", le, [](double a, double b) { return a <= b ? 1.0 : 0.0; }));
EXAMPLE(gt, comparison("gt", gt, [](double a, double b) { return a > b ? 1.0 : 0.0; }));
EXAMPLE(ge, comparison("ge", ge, [](double a, double b) { return a >= b ? 1.0 : 0.0; }));

}  // namespace lexigrad
