#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor sign(const Tensor& x) {
  return dispatch(detail::get(x).dtype, [&]<class T>(T) {
    return detail::map_values<T, T>(
        x, [](T v) { return static_cast<T>(v > T{0}) - static_cast<T>(v < T{0}) + (v == v ? T{0} : v); });
  });
}
Tensor Tensor::sign() const { return lexigrad::sign(*this); }

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
