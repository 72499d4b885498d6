// Vector mathematics in float and double: NaN in gives NaN out, overflow gives inf, underflow
// goes through subnormals to 0.
#if defined(LEXIGRAD_MATH_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef LEXIGRAD_MATH_INL_H
#undef LEXIGRAD_MATH_INL_H
#else
#define LEXIGRAD_MATH_INL_H
#endif

#include <cstdint>
#include <limits>
#include <type_traits>

#include "hwy/contrib/math/math-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace lexigrad::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// c0 + c1 x + c2 x^2 + ... by Horner's rule.
template <class D, class V>
HWY_INLINE V polynomial(D d, V, double c) {
  return hn::Set(d, static_cast<hn::TFromD<D>>(c));
}
template <class D, class V, class... C>
HWY_INLINE V polynomial(D d, V x, double c, C... higher) {
  return hn::MulAdd(polynomial(d, x, higher...), x, hn::Set(d, static_cast<hn::TFromD<D>>(c)));
}

template <class D>
inline constexpr bool kIsFloat = std::is_same_v<hn::TFromD<D>, float>;

template <class D, class V>
HWY_INLINE V constant(D d, V, double f32, double f64) {
  return hn::Set(d, static_cast<hn::TFromD<D>>(kIsFloat<D> ? f32 : f64));
}

/// x held to at most `limit`; NaN passes.
template <class D, class V>
HWY_INLINE V at_most(D, V x, V limit) {
  return hn::IfThenElse(hn::Gt(x, limit), limit, x);
}
template <class D, class V>
HWY_INLINE V at_least(D, V x, V limit) {
  return hn::IfThenElse(hn::Lt(x, limit), limit, x);
}

/// exp(x) = 2^k exp(r), |r| <= ln 2 / 2. `shifted` is k + 1.5 * 2^m + 2 * bias (m mantissa bits), so that the
/// low bits of its representation are the integer k + 2 * bias.
template <class V>
struct ExpParts {
  V shifted, r;
};

template <class T>
inline constexpr int kMantissa = sizeof(T) == 4 ? 23 : 52;
template <class T>
inline constexpr int kBias = sizeof(T) == 4 ? 127 : 1023;

/// ln 2 in two parts, the first exact times k (fdlibm, e_exp.c).
template <class D, class V>
HWY_INLINE ExpParts<V> exp_parts(D d, V x) {
  using T = hn::TFromD<D>;
  const V shift = constant(d, x, 0x1.8p23 + 2 * 127, 0x1.8p52 + 2 * 1023);
  const V limit = hn::Add(shift, hn::Set(d, T{kBias<T> + 1}));  // overflows whatever r is
  const V shifted = hn::Min(hn::MulAdd(x, hn::Set(d, static_cast<T>(1.44269504088896340736)), shift), limit);
  const V k = hn::Sub(shifted, shift);
  const V high = constant(d, x, 0.693145751953125, 6.93147180369123816490e-01);
  const V low = constant(d, x, 1.42860682030941723212e-6, 1.90821492927058770002e-10);
  return {shifted, hn::NegMulAdd(k, low, hn::NegMulAdd(k, high, x))};
}

/// exp(r) - 1 for |r| <= ln 2 / 2; error 1e-8 (float), 2e-19 (double) of exp(r).
/// math_coefficients.py fits it.
template <class D, class V>
HWY_INLINE V expm1_short(D d, V r) {
  V p;
  if constexpr (kIsFloat<D>)
    p = polynomial(d, r, 0.5, 0.16666576989698775683, 0.041666554617204574203, 0.0083631790527225773704,
                   0.0013926183587713494542);
  else
    p = polynomial(d, r, 0.5, 0.16666666666666670991, 0.041666666666666669755, 0.0083333333333261351258,
                   0.0013888888888883748305, 0.00019841269874820625271, 0.000024801587325547741216,
                   2.755725540020642443e-6, 2.7557273643110295328e-7, 2.5105217004720745164e-8,
                   2.0914686968086877233e-9);
  return hn::MulAdd(hn::Mul(r, r), p, r);
}

/// 2^k exp(r), in two factors 2^a 2^b with a + b = k, as 2^k alone would leave the range
/// before the product does.
template <class D, class V>
HWY_INLINE V exp_from(D d, const ExpParts<V>& parts) {
  using T = hn::TFromD<D>;
  const hn::RebindToUnsigned<D> du;
  const auto bits = hn::BitCast(du, parts.shifted), half = hn::ShiftRight<1>(bits);
  const V a = hn::BitCast(d, hn::ShiftLeft<kMantissa<T>>(half));
  const V b = hn::BitCast(d, hn::ShiftLeft<kMantissa<T>>(hn::Sub(bits, half)));
  return hn::Mul(hn::Mul(hn::Add(expm1_short(d, parts.r), hn::Set(d, T{1})), a), b);
}

/// x held to where exp(x) is 0; NaN passes.
template <class D, class V>
HWY_INLINE V above_zero_exp(D d, V x) {
  return at_least(d, x, constant(d, x, -105, -746));
}

template <class D, class V>
HWY_INLINE V exp(D d, V x) {
  return exp_from(d, exp_parts(d, above_zero_exp(d, x)));
}

/// exp(x + rest) for x <= 0 and a `rest` below rounding of x; 0 where that is less than
/// the least normal number.
template <class D, class V>
HWY_INLINE V exp_below_one(D d, V x, V rest) {
  using T = hn::TFromD<D>;
  const hn::RebindToUnsigned<D> du;
  const V shift = constant(d, x, 0x1.8p23 + 127, 0x1.8p52 + 1023);
  const V shifted = hn::MulAdd(x, hn::Set(d, static_cast<T>(1.44269504088896340736)), shift);
  const V k = hn::Sub(shifted, shift);
  const V high = constant(d, x, 0.693145751953125, 6.93147180369123816490e-01);
  const V low = constant(d, x, 1.42860682030941723212e-6, 1.90821492927058770002e-10);
  const V r = hn::Add(hn::NegMulAdd(k, low, hn::NegMulAdd(k, high, x)), rest);
  const V power = hn::BitCast(d, hn::ShiftLeft<kMantissa<T>>(hn::BitCast(du, shifted)));
  const V y = hn::MulAdd(power, expm1_short(d, r), power);
  return hn::IfThenZeroElse(hn::Lt(x, constant(d, x, -87.33654, -708.39641)), y);
}
template <class D, class V>
HWY_INLINE V exp_below_one(D d, V x) {
  return exp_below_one(d, x, hn::Zero(d));
}

/// Highway's logarithm within its domain; log(0) = -inf, log(x < 0) = NaN, log(inf) = inf.
template <class D, class V>
HWY_INLINE V log(D d, V x) {
  using T = hn::TFromD<D>;
  const V inf = hn::Set(d, std::numeric_limits<T>::infinity());
  V y = hn::IfThenElse(hn::Lt(x, inf), hn::Log(d, x), x);  // inf and NaN are their own logarithm
  y = hn::IfThenElse(hn::Eq(x, hn::Zero(d)), hn::Neg(inf), y);
  return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Set(d, std::numeric_limits<T>::quiet_NaN()), y);
}

/// tanh(x) = t / (t + 2) with t = exp(2 |x|) - 1.
template <class D, class V>
HWY_INLINE V tanh(D d, V x) {
  using T = hn::TFromD<D>;
  const V one = hn::Set(d, T(1));
  const V a = at_most(d, hn::Abs(x), constant(d, x, 10, 20));
  const ExpParts<V> parts = exp_parts(d, hn::Add(a, a));
  const hn::RebindToUnsigned<D> du;
  const auto bits = hn::Sub(hn::BitCast(du, parts.shifted), hn::Set(du, hwy::MakeUnsigned<T>{kBias<T>}));
  const V power = hn::BitCast(d, hn::ShiftLeft<kMantissa<T>>(bits));
  const V t = hn::MulAdd(power, expm1_short(d, parts.r), hn::Sub(power, one));
  return hn::CopySign(hn::Div(t, hn::Add(t, hn::Set(d, T(2)))), x);
}

/// 1 / (1 + exp(-x)), to relative accuracy at both ends, and its slope s (1 - s).
template <class V>
struct Sigmoid {
  V value, slope;
};

template <class D, class V>
HWY_INLINE Sigmoid<V> sigmoid_with_slope(D d, V x) {
  const V one = hn::Set(d, hn::TFromD<D>(1));
  const V e = exp(d, hn::Neg(hn::Abs(x)));
  const V upper = hn::Div(one, hn::Add(one, e)), lower = hn::Mul(e, upper);
  return {hn::IfThenElse(hn::Lt(x, hn::Zero(d)), lower, upper), hn::Mul(lower, upper)};
}

template <class D, class V>
HWY_INLINE V sigmoid(D d, V x) {
  return sigmoid_with_slope(d, x).value;
}

/// s + x s (1 - s), s the sigmoid.
template <class D, class V>
HWY_INLINE V silu_slope(D d, V x) {
  const Sigmoid<V> s = sigmoid_with_slope(d, x);
  return hn::MulAdd(s.slope, x, s.value);
}

/// log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|)).
template <class D, class V>
HWY_INLINE V softplus(D d, V x) {
  const V rest = hn::Log1p(d, exp(d, hn::Neg(hn::Abs(x))));
  return hn::Add(hn::IfThenZeroElse(hn::Lt(x, hn::Zero(d)), x), rest);
}

/// For the standard normal: a = |x|, held to where the tail ends; exp(-a^2 / 2); 1 - Phi(a).
template <class V>
struct Normal {
  V a, bell, tail;
};

/// (1 - Phi(a)) / exp(-a^2 / 2), which is Mills ratio / sqrt(2 pi): numerator and denominator
/// interpolate it at Chebyshev nodes of (a / (a + k)), all coefficients positive; error 8e-9
/// (float, a <= 15) and 2e-18 (double, a <= 40).
template <class D, class V>
HWY_INLINE V tail_ratio(D d, V a) {
  if constexpr (kIsFloat<D>)
    return hn::Div(polynomial(d, a, 0.50000000217564784095, 0.43867425738206206748, 0.18347186143016863059,
                              0.040700061477378580033, 0.0041225282030692149665),
                   polynomial(d, a, 1.0, 1.6752334168384365051, 1.2035824337408796611, 0.47008430523369784589,
                              0.10202606508008999256, 0.010333534103018608766));
  else
    return hn::Div(polynomial(d, a, 0.5, 0.82718260266990262173, 0.67839180191766259069,
                              0.3563636068023977883, 0.13154403773894913957, 0.035489400429845987381,
                              0.0070773505804718819802, 0.0010313590966463826314, 0.00010550308358398393843,
                              6.8884044710468048174e-6, 2.2061416088202329884e-7),
                   polynomial(d, a, 1.0, 2.4522497661426706854, 2.8133958314729956444, 1.9973289481605838473,
                              0.97723216620209066555, 0.34694890025332375633, 0.091509435386767102633,
                              0.018003638082759106176, 0.002602500542560113067, 0.00026501001006286481266,
                              0.000017266669414247877106, 5.5299769345075682147e-7));
}

/// a^2 - square, the rounding error of `square`: by a fused multiply-add, else from a = high + low.
template <class D, class V>
HWY_INLINE V lost_in_square(D d, V a, V square) {
#if HWY_NATIVE_FMA
  (void)d;
  return hn::MulSub(a, a, square);
#else
  using Bits = hwy::MakeUnsigned<hn::TFromD<D>>;
  const hn::RebindToUnsigned<D> du;
  constexpr Bits kHigh = kIsFloat<D> ? Bits(0xFFFFF000u) : Bits(0xFFFFFFFFF8000000ull);
  const V high = hn::BitCast(d, hn::And(hn::BitCast(du, a), hn::Set(du, kHigh)));
  return hn::MulAdd(hn::Sub(a, high), hn::Add(a, high), hn::Sub(hn::Mul(high, high), square));
#endif
}

template <class D, class V>
HWY_INLINE Normal<V> normal(D d, V x) {
  using T = hn::TFromD<D>;
  const V half = hn::Set(d, T(0.5)), a = at_most(d, hn::Abs(x), constant(d, x, 15, 40));
  const V square = hn::Mul(a, a), lost = lost_in_square(d, a, square);  // exp would multiply it by a^2 / 2
  const V bell = exp_below_one(d, hn::Mul(square, hn::Neg(half)), hn::Mul(lost, hn::Neg(half)));
  return {a, bell, hn::Mul(bell, tail_ratio(d, a))};
}

/// x Phi(x) = max(x, 0) - a tail; NaN for -inf as in PyTorch, hence 0 x and not 0.
template <class D, class V>
HWY_INLINE V gelu(D d, V x) {
  const Normal<V> n = normal(d, x);
  const V zero = hn::Zero(d), whole = hn::IfThenElse(hn::Gt(x, zero), x, hn::Mul(x, zero));
  return hn::NegMulAdd(n.a, n.tail, whole);
}

/// Phi(x) + x phi(x).
template <class D, class V>
HWY_INLINE V gelu_slope(D d, V x) {
  using T = hn::TFromD<D>;
  const Normal<V> n = normal(d, x);
  const V cumulative = hn::IfThenElse(hn::Lt(x, hn::Zero(d)), n.tail, hn::Sub(hn::Set(d, T(1)), n.tail));
  const V density = hn::Mul(n.bell, hn::Set(d, static_cast<T>(0.39894228040143267794)));
  return hn::MulAdd(hn::CopySign(n.a, x), density, cumulative);
}

/// 0.5 x (1 + tanh(u)) = x sigmoid(2u), u = sqrt(2 / pi) (x + 0.044715 x^3).
inline constexpr double kTwoRoot = 1.59576912160573071176, kCube = 0.044715;

template <class D, class V>
HWY_INLINE V gelu_tanh(D d, V x) {
  using T = hn::TFromD<D>;
  const V cubic = hn::MulAdd(hn::Mul(x, x), hn::Set(d, static_cast<T>(kTwoRoot * kCube)),
                             hn::Set(d, static_cast<T>(kTwoRoot)));
  return hn::Mul(x, sigmoid(d, hn::Mul(x, cubic)));
}

template <class D, class V>
HWY_INLINE V gelu_tanh_slope(D d, V x) {
  using T = hn::TFromD<D>;
  x = at_least(d, at_most(d, x, hn::Set(d, T(30))), hn::Set(d, T(-30)));  // beyond, the slope is 1 or 0
  const V x2 = hn::Mul(x, x), root = hn::Set(d, static_cast<T>(kTwoRoot));
  const V u = hn::Mul(x, hn::MulAdd(x2, hn::Set(d, static_cast<T>(kTwoRoot * kCube)), root));
  const V inner = hn::Mul(x, hn::MulAdd(x2, hn::Set(d, static_cast<T>(3 * kTwoRoot * kCube)), root));
  const Sigmoid<V> s = sigmoid_with_slope(d, u);
  return hn::MulAdd(s.slope, inner, s.value);
}

}  // namespace lexigrad::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // LEXIGRAD_MATH_INL_H
