// isnan, isinf and isfinite.
#include <cmath>

#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

template <class F>
static Tensor classified(const Tensor& x, const F& f) {
  if (detail::get(x).dtype == bfloat16) return classified(x.detach().to(float32), f);
  return dispatch(x.dtype(), [&]<class T>(T) {
    return detail::map_values<T, bool>(x, [&](T v) { return f(static_cast<double>(v)); });
  });
}

Tensor isnan(const Tensor& x) {
  return classified(x, [](double v) { return std::isnan(v); });
}
Tensor Tensor::isnan() const { return lexigrad::isnan(*this); }
Tensor isinf(const Tensor& x) {
  return classified(x, [](double v) { return std::isinf(v); });
}
Tensor Tensor::isinf() const { return lexigrad::isinf(*this); }
Tensor isfinite(const Tensor& x) {
  return classified(x, [](double v) { return std::isfinite(v); });
}
Tensor Tensor::isfinite() const { return lexigrad::isfinite(*this); }

// NaN below -0.5, infinite above 0.5.
static double with_extremes(double x) { return x < -0.5 ? NAN : x > 0.5 ? INFINITY : x; }

static Example float_class(Tensor (*op)(const Tensor&), double (*reference)(double)) {
  return {.shapes = {{{3, 4}}, {{}}, {{2, 0}}},
          .apply = [op](const std::vector<Tensor>& in) { return op(in[0]); },
          .reference = elementwise(reference),
          .domain = with_extremes,
          .bad = [op] { op(Tensor()); },
          .error =
              "[tensor] This Tensor is undefined. Hint: it was default-constructed, or is the gradient of "
              "something without one",
          .differentiable = false};
}

EXAMPLE(isnan, float_class(isnan, [](double x) { return x != x ? 1.0 : 0.0; }));
EXAMPLE(isinf, float_class(isinf, [](double x) { return x == INFINITY || x == -INFINITY ? 1.0 : 0.0; }));
EXAMPLE(isfinite, float_class(isfinite, [](double x) { return x - x == 0 ? 1.0 : 0.0; }));

}  // namespace lexigrad
