// eq ne lt le gt ge.
#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor eq(const Tensor& a, const Tensor& b) { return detail::map("eq", kernels::Compare::eq, a, b); }
Tensor Tensor::eq(const Tensor& other) const { return lexigrad::eq(*this, other); }
Tensor Tensor::eq(Scalar other) const { return lexigrad::eq(*this, detail::scalar_like(*this, other)); }
Tensor ne(const Tensor& a, const Tensor& b) { return detail::map("ne", kernels::Compare::ne, a, b); }
Tensor Tensor::ne(const Tensor& other) const { return lexigrad::ne(*this, other); }
Tensor Tensor::ne(Scalar other) const { return lexigrad::ne(*this, detail::scalar_like(*this, other)); }
Tensor lt(const Tensor& a, const Tensor& b) { return detail::map("lt", kernels::Compare::lt, a, b); }
Tensor Tensor::lt(const Tensor& other) const { return lexigrad::lt(*this, other); }
Tensor Tensor::lt(Scalar other) const { return lexigrad::lt(*this, detail::scalar_like(*this, other)); }
Tensor le(const Tensor& a, const Tensor& b) { return detail::map("le", kernels::Compare::le, a, b); }
Tensor Tensor::le(const Tensor& other) const { return lexigrad::le(*this, other); }
Tensor Tensor::le(Scalar other) const { return lexigrad::le(*this, detail::scalar_like(*this, other)); }
Tensor gt(const Tensor& a, const Tensor& b) { return detail::map("gt", kernels::Compare::gt, a, b); }
Tensor Tensor::gt(const Tensor& other) const { return lexigrad::gt(*this, other); }
Tensor Tensor::gt(Scalar other) const { return lexigrad::gt(*this, detail::scalar_like(*this, other)); }
Tensor ge(const Tensor& a, const Tensor& b) { return detail::map("ge", kernels::Compare::ge, a, b); }
Tensor Tensor::ge(const Tensor& other) const { return lexigrad::ge(*this, other); }
Tensor Tensor::ge(Scalar other) const { return lexigrad::ge(*this, detail::scalar_like(*this, other)); }

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
