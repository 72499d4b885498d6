#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor sign(const Tensor& x) {
  Tensor y = detail::map_each(x, detail::get(x).dtype, [](auto v) {
    using T = decltype(v);
    return static_cast<T>(v > T{0}) - static_cast<T>(v < T{0}) + (v == v ? T{0} : v);
  });
  return y;
}

EXAMPLE(
    sign, .shapes = {{{3, 4}}, {{}}, {{2, 0}}},
    .apply = [](const std::vector<Tensor>& in) { return sign(in[0]); },
    .reference = elementwise([](double x) { return x > 0   ? 1.0
                                                   : x < 0 ? -1.0
                                                           : 0.0; }),
    .bad = [] { sign(Tensor()); },
    .error =
        "[tensor] This Tensor is undefined. Hint: it was default-constructed, or is the gradient of "
        "something "
        "without one",
    .differentiable = false);

}  // namespace lexigrad
