// logical_and, logical_or, logical_xor and logical_not.
#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

template <class F>
static Tensor logical(const char* op, const Tensor& a, const Tensor& b, const F& f) {
  return detail::map_pairs<bool, bool>(op, a.to(boolean), b.to(boolean), f);
}

Tensor logical_and(const Tensor& a, const Tensor& b) {
  return logical("logical_and", a, b, [](bool u, bool v) { return u && v; });
}
Tensor Tensor::logical_and(const Tensor& other) const { return lexigrad::logical_and(*this, other); }

Tensor logical_or(const Tensor& a, const Tensor& b) {
  return logical("logical_or", a, b, [](bool u, bool v) { return u || v; });
}
Tensor Tensor::logical_or(const Tensor& other) const { return lexigrad::logical_or(*this, other); }

Tensor logical_xor(const Tensor& a, const Tensor& b) {
  return logical("logical_xor", a, b, [](bool u, bool v) { return u != v; });
}
Tensor Tensor::logical_xor(const Tensor& other) const { return lexigrad::logical_xor(*this, other); }

Tensor logical_not(const Tensor& x) {
  return detail::map_values<bool, bool>(x.to(boolean), [](bool v) { return !v; });
}
Tensor Tensor::logical_not() const { return lexigrad::logical_not(*this); }

static void check_bool(const char* op, const Tensor& x) {
  check(x.dtype() == boolean, op, "Needs bool tensors, got ", name(x.dtype()),
        ". Hint: comparisons make them, (x > 0) ", op, " (y > 0); logical_and() and its kin take any dtype");
}
static Tensor of_bools(const char* op, Tensor (*logical)(const Tensor&, const Tensor&), const Tensor& a,
                       const Tensor& b) {
  check_bool(op, a);
  check_bool(op, b);
  return logical(a, b);
}

Tensor operator&(const Tensor& a, const Tensor& b) { return of_bools("&", logical_and, a, b); }
Tensor operator|(const Tensor& a, const Tensor& b) { return of_bools("|", logical_or, a, b); }
Tensor operator^(const Tensor& a, const Tensor& b) { return of_bools("^", logical_xor, a, b); }
Tensor operator~(const Tensor& x) {
  check_bool("~", x);
  return logical_not(x);
}

static double negative_to_zero(double x) { return x < 0 ? 0 : x; }

static Example of_two(const char* name, Tensor (*op)(const Tensor&, const Tensor&),
                      double (*reference)(double, double)) {
  return {.shapes = {{{3, 4}, {4}}, {{}, {5}}, {{0, 3}, {3}}},
          .apply = [op](const std::vector<Tensor>& in) { return op(in[0], in[1]); },
          .reference = elementwise(reference),
          .domain = negative_to_zero,
          .bad = [op] { op(ones({2}), ones({3})); },
          .error = text("[", name, "] Shapes [2] and [3] do not broadcast: dimension -1 has sizes 2 and 3. ",
                        "Hint: sizes must be equal or 1, counted from the last dimension"),
          .differentiable = false};
}

EXAMPLE(logical_and, of_two("logical_and", logical_and,
                            [](double a, double b) { return (a != 0) && (b != 0) ? 1.0 : 0.0; }));
EXAMPLE(logical_or, of_two("logical_or", logical_or,
                           [](double a, double b) { return (a != 0) || (b != 0) ? 1.0 : 0.0; }));
EXAMPLE(logical_xor, of_two("logical_xor", logical_xor,
                            [](double a, double b) { return (a != 0) != (b != 0) ? 1.0 : 0.0; }));
EXAMPLE(
    logical_not, .shapes = {{{3, 4}}, {{}}, {{2, 0}}},
    .apply = [](const std::vector<Tensor>& in) { return logical_not(in[0]); },
    .reference = elementwise([](double x) { return x == 0 ? 1.0 : 0.0; }), .domain = negative_to_zero,
    .bad = [] { logical_not(Tensor()); },
    .error =
        "[tensor] This Tensor is undefined. Hint: it was default-constructed, or is the gradient of "
        "something without one",
    .differentiable = false);

}  // namespace lexigrad
