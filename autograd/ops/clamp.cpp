#include <cmath>

#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {
namespace {

template <class T>
constexpr T kLowest = std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity()
                                                           : std::numeric_limits<T>::lowest();
template <class T>
constexpr T kHighest = std::numeric_limits<T>::has_infinity ? std::numeric_limits<T>::infinity()
                                                            : std::numeric_limits<T>::max();

// NaN stays, that of a bound goes everywhere.
Tensor clamped(const Tensor& x, std::optional<Scalar> min, std::optional<Scalar> max) {
  return dispatch(x.dtype(), [&]<class T>(T) {
    T low = min ? min->to<T>() : kLowest<T>, high = max ? max->to<T>() : kHighest<T>;
    return detail::map_values<T, T>(x, [=](T v) {
      T raised = v >= low || v != v ? v : low;
      return raised <= high || raised != raised ? raised : high;
    });
  });
}

// A bound that nothing is beyond.
Tensor no_bound(Dtype dtype, bool upper) {
  return dispatch(dtype, [&]<class T>(T) {
    const T value[] = {upper ? kHighest<T> : kLowest<T>};
    return from_values<T>(value, {});
  });
}

}  // namespace

Tensor clamp(const Tensor& x, std::optional<Scalar> min, std::optional<Scalar> max) {
  check(min || max, "clamp", "Needs a lower bound, an upper one or both");
  check_arithmetic("clamp", x.dtype());
  for (std::optional<Scalar> bound : {min, max})
    if (Dtype dtype = bound ? result_type(x, detail::scalar_like(x, *bound)) : x.dtype(); dtype != x.dtype())
      return clamp(x.to(dtype), min, max);
  return record("clamp", clamped(x, min, max), {x}, [x = Saved(x), min, max](const Tensor& dy, Grads& dx) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    Tensor inside = logical_and(ge(x, min.value_or(-infinity)), le(x, max.value_or(infinity)));
    dx[0] += where(inside, dy, 0);
  });
}

Tensor clamp(const Tensor& x, const Tensor& min, const Tensor& max) {
  check(min.defined() || max.defined(), "clamp", "Needs a lower bound, an upper one or both");
  Tensor low = min.defined() ? min : no_bound(x.dtype(), false),
         high = max.defined() ? max : no_bound(x.dtype(), true);
  Dtype dtype = result_type(x, result_type(x, low) < result_type(x, high) ? high : low);
  if (low.dtype() != dtype || high.dtype() != dtype || x.dtype() != dtype)
    return clamp(x.to(dtype), low.to(dtype), high.to(dtype));
  return record("clamp", minimum(maximum(x.detach(), low.detach()), high.detach()), {x, low, high},
                [x = Saved(x), low = Saved(low), high = Saved(high)](const Tensor& dy, Grads& dx) {
                  if (dx.needs(0)) dx[0] += where(logical_and(ge(x, low), le(x, high)), dy, 0);
                  if (dx.needs(1)) dx[1] += where(logical_and(lt(x, low), lt(low, high)), dy, 0);
                  if (dx.needs(2)) dx[2] += where(logical_or(gt(x, high), lt(high, low)), dy, 0);
                });
}
Tensor Tensor::clamp(std::optional<Scalar> min, std::optional<Scalar> max) const {
  return lexigrad::clamp(*this, min, max);
}
Tensor Tensor::clamp(const Tensor& min, const Tensor& max) const { return lexigrad::clamp(*this, min, max); }

static double off_the_bounds(double x) { return std::abs(std::abs(x) - 0.5) < 0.1 ? x * 1.6 : x; }

EXAMPLE(
    clamp, .shapes = {{{3, 4}}, {{}}, {{2, 0}}, {{2, 3, 5}}},
    .apply = [](const std::vector<Tensor>& in) { return clamp(in[0], -0.5, 0.5); },
    .reference = elementwise([](double x) { return x < -0.5  ? -0.5
                                                   : x > 0.5 ? 0.5
                                                             : x; }),
    .domain = off_the_bounds, .bad = [] { clamp(ones({2}), {}); },
    .error = "[clamp] Needs a lower bound, an upper one or both");
EXAMPLE(
    clamp, .shapes = {{{3, 4}}}, .apply = [](const std::vector<Tensor>& in) { return clamp(in[0], 0.5); },
    .reference = elementwise([](double x) { return x < 0.5 ? 0.5 : x; }), .domain = off_the_bounds);
EXAMPLE(
    clamp, .shapes = {{{3, 4}}},
    .apply = [](const std::vector<Tensor>& in) { return clamp(in[0], {}, -0.5); },
    .reference = elementwise([](double x) { return x > -0.5 ? -0.5 : x; }), .domain = off_the_bounds);
EXAMPLE(
    clamp, .shapes = {{{3, 4}, {3, 4}, {4}}, {{2, 1}, {3}, {}}, {{0, 2}, {2}, {2}}},
    .apply = [](const std::vector<Tensor>& in) { return clamp(in[0], in[1], in[2]); },
    .reference =
        [](const std::vector<Tensor>& in) {
          auto larger = elementwise([](double a, double b) { return a > b ? a : b; });
          auto smaller = elementwise([](double a, double b) { return a < b ? a : b; });
          return smaller({larger({in[0], in[1]})[0], in[2]});
        },
    .bad = [] { clamp(ones({2}), Tensor(), Tensor()); },
    .error = "[clamp] Needs a lower bound, an upper one or both");
EXAMPLE(
    clamp, .shapes = {{{3, 4}, {4}}},
    .apply = [](const std::vector<Tensor>& in) { return clamp(in[0], in[1], {}) + clamp(in[0], {}, in[1]); },
    .reference = elementwise([](double a, double b) { return a + b; }));

}  // namespace lexigrad
