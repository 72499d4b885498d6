#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor maximum(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype()) return detail::promote(maximum, a, b);
  check_arithmetic("maximum", a.dtype());
  Tensor y = dispatch(a.dtype(), [&]<class T>(T) {  // NaN of either side stays
    return detail::map_pairs<T, T>("maximum", a, b, [](T u, T v) { return u > v || u != u ? u : v; });
  });
  return record("maximum", std::move(y), {a, b}, [a = Saved(a), b = Saved(b)](const Tensor& dy, Grads& dx) {
    Tensor shared = where(eq(a, b), dy * 0.5, dy);
    if (dx.needs(0)) dx[0] += masked_fill(shared, lt(a, b), 0);
    if (dx.needs(1)) dx[1] += masked_fill(shared, gt(a, b), 0);
  });
}

EXAMPLE(
    maximum, .shapes = {{{3, 4}, {3, 4}}, {{2, 3, 4}, {4}}, {{3, 1}, {1, 4}}, {{}, {2, 2}}, {{0, 3}, {3}}},
    .apply = [](const std::vector<Tensor>& in) { return maximum(in[0], in[1]); },
    .reference = elementwise([](double a, double b) { return a > b ? a : b; }),
    .bad =
        [] {
          maximum(ones({2, 3}), ones({2}));
        },
    .error =
        "[maximum] Shapes [2, 3] and [2] do not broadcast: dimension -1 has sizes 3 and 2. Hint: sizes must "
        "be "
        "equal or 1, counted from the last dimension");

}  // namespace lexigrad
