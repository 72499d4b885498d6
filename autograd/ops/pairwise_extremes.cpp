// maximum and minimum.
#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {
namespace {

using Binary = Tensor (*)(const Tensor&, const Tensor&);

// a where it wins or is NaN, b elsewhere; both of one dtype.
template <class Wins>
Tensor winners(const char* op, const Tensor& a, const Tensor& b, const Wins& wins) {
  check_arithmetic(op, a.dtype());
  return dispatch(a.dtype(), [&]<class T>(T) {
    return detail::map_pairs<T, T>(op, a, b, [&](T u, T v) { return wins(u, v) || u != u ? u : v; });
  });
}

// All of dy goes to the winner, half of it to each of equals.
void share(const Tensor& dy, const Tensor& a, const Tensor& b, Binary loses, Grads& dx) {
  Tensor shared = where(eq(a, b), dy * 0.5, dy);
  if (dx.needs(0)) dx[0] += masked_fill(shared, loses(a, b), 0);
  if (dx.needs(1)) dx[1] += masked_fill(shared, loses(b, a), 0);
}

}  // namespace

Tensor maximum(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype()) return detail::promote(maximum, a, b);
  Tensor y = winners("maximum", a, b, [](auto u, auto v) { return u > v; });
  return record("maximum", std::move(y), {a, b},
                [a = Saved(a), b = Saved(b)](const Tensor& dy, Grads& dx) { share(dy, a, b, lt, dx); });
}
Tensor Tensor::maximum(const Tensor& other) const { return lexigrad::maximum(*this, other); }

Tensor minimum(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype()) return detail::promote(minimum, a, b);
  Tensor y = winners("minimum", a, b, [](auto u, auto v) { return u < v; });
  return record("minimum", std::move(y), {a, b},
                [a = Saved(a), b = Saved(b)](const Tensor& dy, Grads& dx) { share(dy, a, b, gt, dx); });
}
Tensor Tensor::minimum(const Tensor& other) const { return lexigrad::minimum(*this, other); }

static Example of_pairs(const char* name, Binary op, double (*reference)(double, double)) {
  return {
      .shapes = {{{3, 4}, {3, 4}}, {{2, 3, 4}, {4}}, {{3, 1}, {1, 4}}, {{}, {2, 2}}, {{0, 3}, {3}}},
      .apply = [op](const std::vector<Tensor>& in) { return op(in[0], in[1]); },
      .reference = elementwise(reference),
      .bad =
          [op] {
            op(ones({2, 3}), ones({2}));
          },
      .error = text("[", name, "] Shapes [2, 3] and [2] do not broadcast: dimension -1 has sizes 3 and 2. ",
                    "Hint: sizes must be equal or 1, counted from the last dimension")};
}

EXAMPLE(maximum, of_pairs("maximum", maximum, [](double a, double b) { return a > b ? a : b; }));
EXAMPLE(minimum, of_pairs("minimum", minimum, [](double a, double b) { return a < b ? a : b; }));

}  // namespace lexigrad
