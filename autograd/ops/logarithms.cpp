// log2, log10 and logaddexp.
#include <cmath>
#include <numbers>

#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor log2(const Tensor& x) {
  Tensor y = detail::map_floating("log2", detail::as_floating(x), [](auto v) { return std::log2(v); });
  return record("log2", std::move(y), {x},
                [x = Saved(x)](const Tensor& dy, Grads& dx) { dx[0] += dy / (*x * std::numbers::ln2); });
}
Tensor Tensor::log2() const { return lexigrad::log2(*this); }

Tensor log10(const Tensor& x) {
  Tensor y = detail::map_floating("log10", detail::as_floating(x), [](auto v) { return std::log10(v); });
  return record("log10", std::move(y), {x},
                [x = Saved(x)](const Tensor& dy, Grads& dx) { dx[0] += dy / (*x * std::numbers::ln10); });
}
Tensor Tensor::log10() const { return lexigrad::log10(*this); }

Tensor logaddexp(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype()) return detail::promote(logaddexp, a, b);
  Tensor y = detail::map_floating("logaddexp", a, b, [](auto u, auto v) {
    if (u == v && std::isinf(u)) return u;
    return (u > v ? u : v) + std::log1p(std::exp(-std::abs(u - v)));
  });
  return record("logaddexp", std::move(y), {a, b}, [a = Saved(a), b = Saved(b)](const Tensor& dy, Grads& dx) {
    if (dx.needs(0)) dx[0] += dy * sigmoid(*a - *b);
    if (dx.needs(1)) dx[1] += dy * sigmoid(*b - *a);
  });
}
Tensor Tensor::logaddexp(const Tensor& other) const { return lexigrad::logaddexp(*this, other); }

EXAMPLE(
    log2, .shapes = {{{3, 4}}, {{}}, {{2, 0}}},
    .apply = [](const std::vector<Tensor>& in) { return log2(in[0]); },
    .reference = elementwise([](double x) { return std::log(x) / std::log(2.0); }), .domain = positive,
    .bad = [] { log2(zeros({2}, bfloat16)); },
    .error = "[log2] Needs float32 or float64, got bfloat16. Hint: x.to(float32) converts");
EXAMPLE(
    log10, .shapes = {{{3, 4}}, {{}}, {{2, 0}}},
    .apply = [](const std::vector<Tensor>& in) { return log10(in[0]); },
    .reference = elementwise([](double x) { return std::log(x) / std::log(10.0); }), .domain = positive,
    .bad = [] { log10(zeros({2}, bfloat16)); },
    .error = "[log10] Needs float32 or float64, got bfloat16. Hint: x.to(float32) converts");
EXAMPLE(
    logaddexp, .shapes = {{{3, 4}, {3, 4}}, {{2, 3, 4}, {4}}, {{}, {2, 2}}, {{0, 3}, {3}}},
    .apply = [](const std::vector<Tensor>& in) { return logaddexp(in[0], in[1]); },
    .reference = elementwise([](double a, double b) { return std::log(std::exp(a) + std::exp(b)); }),
    .bad = [] { logaddexp(arange(3), arange(3)); },
    .error = "[logaddexp] Needs float32 or float64, got int64. Hint: x.to(float32) converts");

}  // namespace lexigrad
