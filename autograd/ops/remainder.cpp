// floor_divide and remainder.
#include <cmath>

#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {
namespace {

template <class T>
T remainder_of(T a, T b) {
  T rest;
  if constexpr (std::is_floating_point_v<T>) {
    rest = std::fmod(a, b);
  } else {
    check(b != 0, "remainder", "A whole number is divided by 0");
    rest = b == -1 ? 0 : a % b;
  }
  return rest != 0 && (b < 0) != (rest < 0) ? rest + b : rest;
}

int64_t floor_quotient(int64_t a, int64_t b) {
  check(b != 0, "floor_divide", "A whole number is divided by 0");
  if (b == -1) return static_cast<int64_t>(0 - static_cast<uint64_t>(a));  // wraps
  return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}

template <class T>
T floor_quotient(T a, T b) {
  if (b == 0) return a / b;
  T rest = std::fmod(a, b), quotient = (a - rest) / b;  // nearly whole
  if (rest != 0 && (b < 0) != (rest < 0)) quotient -= 1;
  return quotient == 0 ? std::copysign(T{0}, a / b) : std::round(quotient);
}

// f of two operands of one dtype, bools excluded.
template <class F>
Tensor divided(const char* op, const Tensor& a, const Tensor& b, const F& f) {
  if (a.dtype() == int64) return detail::map_pairs<int64_t, int64_t>(op, a, b, f);
  return detail::map_floating(op, a, b, f);
}

}  // namespace

Tensor floor_divide(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype()) return detail::promote(floor_divide, a, b);
  return divided("floor_divide", a, b, [](auto u, auto v) { return floor_quotient(u, v); });
}
Tensor Tensor::floor_divide(const Tensor& other) const { return lexigrad::floor_divide(*this, other); }
Tensor Tensor::floor_divide(Scalar other) const {
  return lexigrad::floor_divide(*this, detail::scalar_like(*this, other));
}

Tensor remainder(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype()) return detail::promote(remainder, a, b);
  Tensor y = divided("remainder", a, b, [](auto u, auto v) { return remainder_of(u, v); });
  return record("remainder", std::move(y), {a, b}, [a = Saved(a), b = Saved(b)](const Tensor& dy, Grads& dx) {
    dx[0] += dy;
    if (dx.needs(1)) dx[1] += neg(dy * floor_divide(a, b));
  });
}
Tensor Tensor::remainder(const Tensor& other) const { return lexigrad::remainder(*this, other); }
Tensor Tensor::remainder(Scalar other) const {
  return lexigrad::remainder(*this, detail::scalar_like(*this, other));
}

static Example division(Tensor (*op)(const Tensor&, const Tensor&), double (*reference)(double, double),
                        std::string error, bool differentiable) {
  return {.shapes = {{{3, 4}, {3, 4}}, {{2, 3, 4}, {4}}, {{3, 1}, {1, 4}}, {{}, {2, 2}}, {{0, 3}, {3}}},
          .apply = [op](const std::vector<Tensor>& in) { return op(in[0], in[1]); },
          .reference = elementwise(reference),
          .domain = away_from_zero,
          .bad =
              [op] {
                op(tensor({1, 2}), tensor({3, 0}));
              },
          .error = std::move(error),
          .differentiable = differentiable};
}

EXAMPLE(floor_divide, division(
                          floor_divide, [](double a, double b) { return std::floor(a / b); },
                          "[floor_divide] A whole number is divided by 0", false));
EXAMPLE(remainder, division(
                       remainder, [](double a, double b) { return a - b * std::floor(a / b); },
                       "[remainder] A whole number is divided by 0", true));

}  // namespace lexigrad
