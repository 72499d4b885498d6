#include "lexigrad/autograd/kernels/random.h"

#include <cmath>
#include <numbers>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lexigrad/autograd/kernels/random.cpp"
#include "hwy/foreach_target.h"
#include "lexigrad/autograd/kernels/loops-inl.h"
#include "lexigrad/autograd/kernels/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace lexigrad::kernels::HWY_NAMESPACE {
namespace {

/// The fraction in [0, 1) that a vector's worth of words stands for.
struct Fraction {
  const uint32_t* words;
  template <class Access, class D>
  HWY_INLINE hn::Vec<D> operator()(Access access, D d, int64_t i) const {
    const hn::Rebind<int32_t, D> di;
    if constexpr (kIsFloat<D>) {
      const hn::RebindToUnsigned<D> du;
      const auto bits = hn::And(access.load(du, words + i), hn::Set(du, 0xFFFFFFu));
      return hn::Mul(hn::ConvertTo(d, hn::BitCast(di, bits)), hn::Set(d, 0x1p-24f));
    } else {
      const hn::RebindToUnsigned<D> du;
      const auto swapped = access.load(du, reinterpret_cast<const uint64_t*>(words) + i);
      const auto word = hn::Or(hn::ShiftLeft<32>(swapped), hn::ShiftRight<32>(swapped));
      // 53 bits as two exact parts: each is set into the mantissa of a power of two that is then taken away.
      const auto high = hn::And(hn::ShiftRight<32>(word), hn::Set(du, 0x1FFFFFull));
      const auto low = hn::And(word, hn::Set(du, 0xFFFFFFFFull));
      const auto power = hn::Set(du, 0x4330000000000000ull);  // 2^52
      const auto a = hn::Sub(hn::BitCast(d, hn::Or(high, power)), hn::Set(d, 0x1p52));
      const auto b = hn::Sub(hn::BitCast(d, hn::Or(low, power)), hn::Set(d, 0x1p52));
      return hn::Add(hn::Mul(a, hn::Set(d, 0x1p-21)), hn::Mul(b, hn::Set(d, 0x1p-53)));
    }
  }
};

template <class T>
void uniform(const uint32_t* words, T* y, int64_t n, T low, T high) {
  const hn::ScalableTag<T> d;
  const auto from = hn::Set(d, low), to = hn::Set(d, high), range = hn::Set(d, high - low);
  for_vectors<T, 1>(n, [=](auto access, int64_t i) HWY_ATTR {
    const auto value = hn::MulAdd(Fraction{words}(access, d, i), range, from);
    access.store(d, hn::IfThenElse(hn::Eq(value, to), from, value), y + i);
  });
}

using Eight = hn::CappedTag<float, 8>;
using Floats = hn::Vec<Eight>;

/// ln x for x in (0, 1], by Cephes' logf: x = 2^e m with m in [sqrt(1/2), sqrt(2)), a polynomial in m - 1.
HWY_INLINE Floats cephes_log(Eight d, Floats x) {
  const hn::RebindToSigned<Eight> di;
  const auto bits = hn::BitCast(di, x);
  Floats e = hn::ConvertTo(d, hn::Sub(hn::ShiftRight<23>(bits), hn::Set(di, 126)));
  Floats m = hn::BitCast(d, hn::Or(hn::And(bits, hn::Set(di, 0x007FFFFF)), hn::Set(di, 0x3F000000)));
  const Floats one = hn::Set(d, 1.0f);
  const auto small = hn::Lt(m, hn::Set(d, 0.707106781186547524f));
  e = hn::Sub(e, hn::IfThenElseZero(small, one));
  m = hn::Add(hn::Sub(m, one), hn::IfThenElseZero(small, m));
  const Floats square = hn::Mul(m, m);
  const Floats p =
      polynomial(d, m, 3.3333331174e-1, -2.4999993993e-1, 2.0000714765e-1, -1.6668057665e-1, 1.4249322787e-1,
                 -1.2420140846e-1, 1.1676998740e-1, -1.1514610310e-1, 7.0376836292e-2);
  Floats y = hn::MulAdd(hn::Mul(p, m), square, hn::Mul(e, hn::Set(d, -2.12194440e-4f)));
  y = hn::NegMulAdd(square, hn::Set(d, 0.5f), y);
  return hn::MulAdd(e, hn::Set(d, 0.693359375f), hn::Add(m, y));
}

struct SinCos {
  Floats sin, cos;
};

/// sin x and cos x for x >= 0, by Cephes' sinf and cosf: x less its nearest even multiple of pi / 4, whose
/// number says which polynomial is which function and with what sign.
HWY_INLINE SinCos cephes_sin_cos(Eight d, Floats x) {
  const hn::RebindToSigned<Eight> di;
  const auto eighth = hn::ConvertTo(di, hn::Mul(x, hn::Set(d, 1.27323954473516f)));  // of the circle
  const auto j = hn::And(hn::Add(eighth, hn::Set(di, 1)), hn::Set(di, ~1));
  const Floats y = hn::ConvertTo(d, j);
  x = hn::MulAdd(y, hn::Set(d, -0.78515625f), x);
  x = hn::MulAdd(y, hn::Set(d, -2.4187564849853515625e-4f), x);
  x = hn::MulAdd(y, hn::Set(d, -3.77489497744594108e-8f), x);
  const Floats z = hn::Mul(x, x);
  Floats c = polynomial(d, z, 4.166664568298827e-2, -1.388731625493765e-3, 2.443315711809948e-5);
  c = hn::MulSub(hn::Mul(c, z), z, hn::Mul(z, hn::Set(d, 0.5f)));
  c = hn::Add(c, hn::Set(d, 1.0f));
  Floats s = polynomial(d, z, -1.6666654611e-1, 8.3321608736e-3, -1.9515295891e-4);
  s = hn::MulAdd(hn::Mul(s, z), x, x);
  const auto straight =
      hn::MaskFromVec(hn::BitCast(d, hn::VecFromMask(di, hn::Eq(hn::And(j, hn::Set(di, 2)), hn::Zero(di)))));
  const auto four = hn::Set(di, 4);
  const Floats sin_sign = hn::BitCast(d, hn::ShiftLeft<29>(hn::And(j, four)));
  const Floats cos_sign = hn::BitCast(d, hn::ShiftLeft<29>(hn::AndNot(hn::Sub(j, hn::Set(di, 2)), four)));
  return {hn::Xor(hn::IfThenElse(straight, s, c), sin_sign),
          hn::Xor(hn::IfThenElse(straight, c, s), cos_sign)};
}

void box_muller_float(float* x, int64_t blocks, float mean, float std) {
  const Eight d;
  constexpr int64_t N = static_cast<int64_t>(hn::MaxLanes(d));
  const Floats shift = hn::Set(d, mean), scale = hn::Set(d, std);
  for (int64_t i = 0; i < blocks * 16; i += 16)
    for (int64_t j = i; j < i + 8; j += N) {
      const Floats u = hn::Sub(hn::Set(d, 1.0f), hn::LoadU(d, x + j));
      const Floats r = hn::Sqrt(hn::Mul(hn::Set(d, -2.0f), cephes_log(d, u)));
      const SinCos t = cephes_sin_cos(d, hn::Mul(hn::Set(d, 6.28318530717958648f), hn::LoadU(d, x + j + 8)));
      hn::StoreU(hn::MulAdd(hn::Mul(r, t.cos), scale, shift), d, x + j);
      hn::StoreU(hn::MulAdd(hn::Mul(r, t.sin), scale, shift), d, x + j + 8);
    }
}

void uniform_float(const uint32_t* words, float* y, int64_t n, float low, float high) {
  uniform(words, y, n, low, high);
}
void uniform_double(const uint32_t* words, double* y, int64_t n, double low, double high) {
  uniform(words, y, n, low, high);
}

}  // namespace
}  // namespace lexigrad::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lexigrad::kernels {
namespace {
HWY_EXPORT(uniform_float);
HWY_EXPORT(uniform_double);
HWY_EXPORT(box_muller_float);
}  // namespace

template <>
void uniform(const uint32_t* words, float* y, int64_t n, float low, float high) {
  HWY_DYNAMIC_DISPATCH(uniform_float)(words, y, n, low, high);
}

template <>
void uniform(const uint32_t* words, double* y, int64_t n, double low, double high) {
  HWY_DYNAMIC_DISPATCH(uniform_double)(words, y, n, low, high);
}

template <>
void box_muller(float* x, int64_t blocks, float mean, float std) {
  HWY_DYNAMIC_DISPATCH(box_muller_float)(x, blocks, mean, std);
}

template <>
void box_muller(double* x, int64_t blocks, double mean, double std) {
  for (int64_t i = 0; i < blocks * 16; i += 16)
    for (int64_t j = i; j < i + 8; ++j) {
      const double r = std::sqrt(-2 * std::log(1 - x[j])), t = 2 * std::numbers::pi * x[j + 8];
      x[j] = std::fma(r * std::cos(t), std, mean);
      x[j + 8] = std::fma(r * std::sin(t), std, mean);
    }
}

}  // namespace lexigrad::kernels
#endif  // HWY_ONCE
