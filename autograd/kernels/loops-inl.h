// The loops of every kernel, written once for each instruction set: whole vectors first, then one partial
// vector. Included once per target (see foreach_target.h), hence the toggled guard.
#if defined(LEXIGRAD_LOOPS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef LEXIGRAD_LOOPS_INL_H
#undef LEXIGRAD_LOOPS_INL_H
#else
#define LEXIGRAD_LOOPS_INL_H
#endif

#include <cstdint>
#include <cstring>

#include "hwy/highway.h"

// Lambdas say HWY_ATTR: clang does not pass the file's current instruction set on to them.
HWY_BEFORE_NAMESPACE();
namespace lexigrad::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class T>
inline constexpr int64_t kLanes = static_cast<int64_t>(hn::MaxLanes(hn::ScalableTag<T>()));
/// Virtual lanes of a reduction: 128 bytes whatever the register, so every target adds in the same order.
template <class T>
inline constexpr int64_t kVirtualLanes = 128 / static_cast<int64_t>(sizeof(T));
template <class T>
inline constexpr int64_t kRegisters = kVirtualLanes<T> / kLanes<T>;
/// Values summed in T before their total goes on in double.
inline constexpr int64_t kSumBlock = 4096;

/// Access to one whole vector.
struct Whole {
  template <class D, class T>
  HWY_INLINE hn::Vec<D> load(D d, const T* p) const {
    return hn::LoadU(d, p);
  }
  template <class D, class V, class T>
  HWY_INLINE void store(D d, V v, T* p) const {
    hn::StoreU(v, d, p);
  }
};

/// Access to the first `count` lanes of a vector; the others load as 0 and are not stored.
struct Part {
  int64_t count;

  template <class D>
  HWY_INLINE hn::Mask<D> mask(D d) const {
    return hn::FirstN(d, static_cast<size_t>(count));
  }
  template <class D, class T>
  HWY_INLINE hn::Vec<D> load(D d, const T* p) const {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
    return hn::MaskedLoad(mask(d), d, p);  // a masked lane never faults in these sets
#else
    HWY_ALIGN T lanes[kLanes<T>] = {};
    std::memcpy(lanes, p, static_cast<size_t>(count) * sizeof(T));
    return hn::Load(d, lanes);
#endif
  }
  template <class D, class V, class T>
  HWY_INLINE void store(D d, V v, T* p) const {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3
    hn::BlendedStore(v, mask(d), d, p);
#else
    HWY_ALIGN T lanes[kLanes<T>];
    hn::Store(v, d, lanes);
    std::memcpy(p, lanes, static_cast<size_t>(count) * sizeof(T));
#endif
  }
  /// v in the lanes that count, `other` elsewhere.
  template <class D, class V>
  HWY_INLINE V keep(D d, V v, V other) const {
    return hn::IfThenElse(mask(d), v, other);
  }
};

/// Calls body(access, i) for each vector of 0..n-1; kUnroll of them at a time.
template <class T, int kUnroll, class Body>
HWY_FLATTEN HWY_INLINE void for_vectors(int64_t n, const Body& body) {
  constexpr int64_t N = kLanes<T>;
  int64_t i = 0;
  if constexpr (kUnroll == 4) {
    for (; i + 4 * N <= n; i += 4 * N) {
      body(Whole{}, i);
      body(Whole{}, i + N);
      body(Whole{}, i + 2 * N);
      body(Whole{}, i + 3 * N);
    }
  }
  for (; i + N <= n; i += N) body(Whole{}, i);
  if (i < n) body(Part{n - i}, i);
}

/// y[i] = f(d, in[i]...). y may be the same pointer as an input. Unrolling pays where f is
/// an instruction or two.
template <int kUnroll, class T, class F, class... In>
HWY_FLATTEN HWY_INLINE void map(int64_t n, T* y, const F& f, const In*... in) {
  const hn::ScalableTag<T> d;
  for_vectors<T, kUnroll>(
      n, [=](auto access, int64_t i) HWY_ATTR { access.store(d, f(d, access.load(d, in + i)...), y + i); });
}

/// Folds the virtual lanes in halves: l with l + lanes / 2, until one is left.
template <class T, class V, class Combine>
HWY_FLATTEN HWY_INLINE T fold(V* lanes, const Combine& combine) {
  const hn::ScalableTag<T> d;
  for (int64_t half = kRegisters<T> / 2; half > 0; half /= 2)
    for (int64_t r = 0; r < half; ++r) lanes[r] = combine(d, lanes[r], lanes[r + half]);
  HWY_ALIGN T last[kLanes<T>];
  hn::Store(lanes[0], d, last);
  const hn::CappedTag<T, 1> one;
  for (int64_t half = kLanes<T> / 2; half > 0; half /= 2)
    for (int64_t l = 0; l < half; ++l)
      last[l] = hn::GetLane(combine(one, hn::Set(one, last[l]), hn::Set(one, last[l + half])));
  return last[0];
}

/// Combines value(access, i) over the vectors of 0..n-1 in virtual lanes that start from `identity`.
template <class T, class Value, class Combine>
HWY_FLATTEN HWY_INLINE T reduce(int64_t n, T identity, const Value& value, const Combine& combine) {
  const hn::ScalableTag<T> d;
  constexpr int64_t N = kLanes<T>, R = kRegisters<T>;
  const auto start = hn::Set(d, identity);
  hn::Vec<decltype(d)> lanes[R];
  for (int64_t r = 0; r < R; ++r) lanes[r] = start;
  int64_t i = 0;
  for (; i + R * N <= n; i += R * N) {
#pragma GCC unroll 32
    for (int64_t r = 0; r < R; ++r) lanes[r] = combine(d, lanes[r], value(Whole{}, i + r * N));
  }
  for (int64_t r = 0; r < R && i < n; ++r, i += N) {
    if (i + N <= n)
      lanes[r] = combine(d, lanes[r], value(Whole{}, i));
    else
      lanes[r] = combine(d, lanes[r], Part{n - i}.keep(d, value(Part{n - i}, i), start));
  }
  return fold<T>(lanes, combine);
}

struct Plus {
  template <class D, class V>
  HWY_INLINE V operator()(D, V a, V b) const {
    return hn::Add(a, b);
  }
};

/// Sum of value(access, i): blocks of kSumBlock in T, their totals in double.
template <class T, class Value>
HWY_FLATTEN HWY_INLINE T sum_of(int64_t n, const Value& value) {
  double total = 0;
  for (int64_t begin = 0; begin < n; begin += kSumBlock) {
    const int64_t count = HWY_MIN(kSumBlock, n - begin);
    total += static_cast<double>(reduce<T>(
        count, T{0}, [&](auto access, int64_t i) HWY_ATTR { return value(access, begin + i); }, Plus{}));
  }
  return static_cast<T>(total);
}

}  // namespace lexigrad::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // LEXIGRAD_LOOPS_INL_H
