#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor minimum(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype()) return detail::promote(minimum, a, b);
  check_arithmetic("minimum", a.dtype());
  Tensor y = dispatch(a.dtype(), [&]<class T>(T) {  // NaN of either side stays
    return detail::map_pairs<T, T>("minimum", a, b, [](T u, T v) { return u < v || u != u ? u : v; });
  });
  return record("minimum", std::move(y), {a, b}, [a = Saved(a), b = Saved(b)](const Tensor& dy, Grads& dx) {
    Tensor shared = where(eq(a, b), dy * 0.5, dy);
    if (dx.needs(0)) dx[0] += masked_fill(shared, gt(a, b), 0);
    if (dx.needs(1)) dx[1] += masked_fill(shared, lt(a, b), 0);
  });
}

EXAMPLE(
    minimum, .shapes = {{{3, 4}, {3, 4}}, {{2, 3, 4}, {4}}, {{3, 1}, {1, 4}}, {{}, {2, 2}}, {{0, 3}, {3}}},
    .apply = [](const std::vector<Tensor>& in) { return minimum(in[0], in[1]); },
    .reference = elementwise([](double a, double b) { return a < b ? a : b; }),
    .bad =
        [] {
          minimum(ones({2, 3}), ones({2}));
        },
    .error =
        "[minimum] Shapes [2, 3] and [2] do not broadcast: dimension -1 has sizes 3 and 2. Hint: sizes must "
        "be "
        "equal or 1, counted from the last dimension");

}  // namespace lexigrad
