#include <cmath>

#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {
namespace {

// By squaring; wraps.
int64_t whole_power(int64_t base, int64_t exponent) {
  uint64_t power = 1, factor = static_cast<uint64_t>(base);
  for (; exponent > 0; exponent >>= 1, factor *= factor)
    if (exponent & 1) power *= factor;
  return static_cast<int64_t>(power);
}

Tensor whole_powers(const Tensor& a, const Tensor& b) {
  for (int64_t exponent : b.to_vector<int64_t>())
    check(exponent >= 0, "pow", "Whole numbers to the power ", exponent,
          " are fractions. Hint: x.to(float32) converts");
  return detail::map_pairs<int64_t, int64_t>("pow", a, b, whole_power);
}

Tensor powers(const Tensor& x, double exponent) {
  const auto each = [&](auto f) { return detail::map_floating("pow", x, f); };
  if (exponent == 0) return full(x.shape(), 1, x.dtype());
  if (exponent == 1) return x.detach().clone();
  if (exponent == 2) return detail::map("pow", kernels::Unary::square, x);
  if (exponent == 3) return each([](auto v) { return v * v * v; });
  if (exponent == -1) return each([](auto v) { return 1 / v; });
  if (exponent == -2) return each([](auto v) { return 1 / (v * v); });
  if (exponent == 0.5) return detail::map("pow", kernels::Unary::sqrt, x);
  if (exponent == -0.5) return detail::map("pow", kernels::Unary::rsqrt, x);
  return each([=](auto v) { return std::pow(v, static_cast<decltype(v)>(exponent)); });
}

}  // namespace

Tensor pow(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype()) return detail::promote(pow, a, b);
  check(a.dtype() != boolean, "pow", "Needs numbers, got two bool tensors. Hint: x.to(int64) converts");
  if (a.dtype() == int64) return whole_powers(a, b);
  Tensor y = detail::map_floating("pow", a, b, [](auto u, auto v) { return std::pow(u, v); });
  return record("pow", std::move(y), {a, b},
                [a = Saved(a), b = Saved(b)](const Tensor& dy, const Tensor& y, Grads& dx) {
                  if (dx.needs(0)) dx[0] += dy * where(eq(b, 0), 0, pow(a, *b - 1) * b);
                  if (dx.needs(1)) dx[1] += dy * where(logical_and(eq(a, 0), ge(b, 0)), 0, y * log(a));
                });
}

Tensor pow(const Tensor& x, double exponent) {
  if (!is_floating(x.dtype())) return pow(x, detail::scalar_like(x, exponent));
  return record("pow", powers(x, exponent), {x}, [x = Saved(x), exponent](const Tensor& dy, Grads& dx) {
    dx[0] += exponent == 0 ? zeros(dy.shape(), dy.dtype()) : dy * pow(x, exponent - 1) * exponent;
  });
}
Tensor Tensor::pow(double exponent) const { return lexigrad::pow(*this, exponent); }
Tensor Tensor::pow(const Tensor& exponent) const { return lexigrad::pow(*this, exponent); }

Tensor pow(double base, const Tensor& exponent) { return pow(detail::scalar_like(exponent, base), exponent); }

EXAMPLE(
    pow, .shapes = {{{3, 4}, {3, 4}}, {{2, 3, 4}, {4}}, {{3, 1}, {1, 4}}, {{}, {2, 2}}, {{0, 3}, {3}}},
    .apply = [](const std::vector<Tensor>& in) { return pow(in[0], in[1]); },
    .reference = elementwise([](double a, double b) { return std::exp(b * std::log(a)); }),
    .domain = positive,
    .bad =
        [] {
          pow(tensor({2, 3}), tensor({1, -2}));
        },
    .error = "[pow] Whole numbers to the power -2 are fractions. Hint: x.to(float32) converts");
EXAMPLE(
    pow, .shapes = {{{3, 4}}}, .apply = [](const std::vector<Tensor>& in) { return pow(in[0], 0); },
    .reference = elementwise([](double x) { return x == x ? 1.0 : 0.0; }));
EXAMPLE(
    pow, .shapes = {{{3, 4}}}, .apply = [](const std::vector<Tensor>& in) { return pow(in[0], 1); },
    .reference = elementwise([](double x) { return x; }));
EXAMPLE(
    pow, .shapes = {{{3, 4}}}, .apply = [](const std::vector<Tensor>& in) { return pow(in[0], 2); },
    .reference = elementwise([](double x) { return x * x; }));
EXAMPLE(
    pow, .shapes = {{{3, 4}}}, .apply = [](const std::vector<Tensor>& in) { return pow(in[0], 3); },
    .reference = elementwise([](double x) { return x * x * x; }));
EXAMPLE(
    pow, .shapes = {{{3, 4}}}, .apply = [](const std::vector<Tensor>& in) { return pow(in[0], -1); },
    .reference = elementwise([](double x) { return 1 / x; }), .domain = away_from_zero);
EXAMPLE(
    pow, .shapes = {{{3, 4}}}, .apply = [](const std::vector<Tensor>& in) { return pow(in[0], -2); },
    .reference = elementwise([](double x) { return 1 / x / x; }), .domain = away_from_zero);
EXAMPLE(
    pow, .shapes = {{{3, 4}}}, .apply = [](const std::vector<Tensor>& in) { return pow(in[0], 0.5); },
    .reference = elementwise([](double x) { return std::sqrt(x); }), .domain = positive);
EXAMPLE(
    pow, .shapes = {{{3, 4}}}, .apply = [](const std::vector<Tensor>& in) { return pow(in[0], -0.5); },
    .reference = elementwise([](double x) { return 1 / std::sqrt(x); }), .domain = positive);
EXAMPLE(
    pow, .shapes = {{{3, 4}}}, .apply = [](const std::vector<Tensor>& in) { return pow(in[0], 2.7); },
    .reference = elementwise([](double x) { return std::exp(2.7 * std::log(x)); }), .domain = positive);
EXAMPLE(
    pow, .shapes = {{{3, 4}}}, .apply = [](const std::vector<Tensor>& in) { return pow(0.3, in[0]); },
    .reference = elementwise([](double x) { return std::exp(std::log(0.3) * x); }));

}  // namespace lexigrad
