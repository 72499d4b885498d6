// floor, ceil, trunc and round.
#include <cmath>

#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

template <class F>
static Tensor rounded(const char* op, const Tensor& x, const F& f) {
  return detail::get(x).dtype == int64 ? clone(x) : detail::map_floating(op, x, f);
}

Tensor floor(const Tensor& x) {
  return rounded("floor", x, [](auto v) { return std::floor(v); });
}
Tensor Tensor::floor() const { return lexigrad::floor(*this); }
Tensor ceil(const Tensor& x) {
  return rounded("ceil", x, [](auto v) { return std::ceil(v); });
}
Tensor Tensor::ceil() const { return lexigrad::ceil(*this); }
Tensor trunc(const Tensor& x) {
  return rounded("trunc", x, [](auto v) { return std::trunc(v); });
}
Tensor Tensor::trunc() const { return lexigrad::trunc(*this); }

Tensor round(const Tensor& x, int64_t decimals) {
  check(decimals >= 0 || is_floating(x.dtype()), "round", "Needs float32 or float64 for ", decimals,
        " decimals, got ", name(x.dtype()), ". Hint: x.to(float32) converts");
  if (decimals == 0) return rounded("round", x, [](auto v) { return std::nearbyint(v); });
  double power = std::pow(10.0, static_cast<double>(std::abs(decimals)));
  return rounded("round", x, [=](auto v) {
    auto unit = static_cast<decltype(v)>(power);
    return decimals > 0 ? std::nearbyint(v * unit) / unit : std::nearbyint(v / unit) * unit;
  });
}
Tensor Tensor::round(int64_t decimals) const { return lexigrad::round(*this, decimals); }

static Example rounding(const char* name, Tensor (*op)(const Tensor&), double (*reference)(double)) {
  return {.shapes = {{{3, 4}}, {{}}, {{2, 0}}, {{2, 3, 5}}},
          .apply = [op](const std::vector<Tensor>& in) { return op(in[0]); },
          .reference = elementwise(reference),
          .bad = [op] { op(tensor({true})); },
          .error = text("[", name, "] Needs float32 or float64, got bool. Hint: x.to(float32) converts"),
          .differentiable = false};
}

EXAMPLE(floor, rounding("floor", floor, [](double x) {
          double whole = static_cast<double>(static_cast<int64_t>(x));
          return whole > x ? whole - 1 : whole;
        }));
EXAMPLE(ceil, rounding("ceil", ceil, [](double x) {
          double whole = static_cast<double>(static_cast<int64_t>(x));
          return whole < x ? whole + 1 : whole;
        }));
EXAMPLE(trunc,
        rounding("trunc", trunc, [](double x) { return static_cast<double>(static_cast<int64_t>(x)); }));
EXAMPLE(round, rounding(
                   "round", [](const Tensor& x) { return round(x); },
                   [](double x) { return static_cast<double>(std::llround(x)); }));
EXAMPLE(
    round, .shapes = {{{3, 40}}},
    .apply = [](const std::vector<Tensor>& in) { return round(in[0], 1) + round(in[0] * 20, -1); },
    .reference = elementwise([](double x) {
      return static_cast<double>(std::llround(x * 10)) / 10 + static_cast<double>(std::llround(x * 2)) * 10;
    }),
    .bad = [] { round(arange(3), -1); },
    .error = "[round] Needs float32 or float64 for -1 decimals, got int64. Hint: x.to(float32) converts",
    .differentiable = false);

}  // namespace lexigrad
