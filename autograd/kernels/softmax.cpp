#include "lexigrad/autograd/kernels/softmax.h"

#include <cmath>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lexigrad/autograd/kernels/softmax.cpp"
#include "hwy/foreach_target.h"
#include "lexigrad/autograd/kernels/dispatch-inl.h"
#include "lexigrad/autograd/kernels/loops-inl.h"
#include "lexigrad/autograd/kernels/math-inl.h"

#ifndef LEXIGRAD_SOFTMAX_TABLE
#define LEXIGRAD_SOFTMAX_TABLE
namespace lexigrad::kernels {
template <class T>
struct SoftmaxTable {
  void (*softmax)(const T*, T*, int64_t);
  void (*log_softmax)(const T*, T*, int64_t);
  void (*softmax_gradient)(const T*, const T*, T*, int64_t);
  void (*log_softmax_gradient)(const T*, const T*, T*, int64_t);
  T (*row_max)(const T*, int64_t);
  T (*exp_beside_max)(T*, T, int64_t);
  T (*sum_exp_beside_max)(const T*, T, int64_t);
  void (*scaled_exp_shifted)(const T*, T, T, T*, int64_t);
};
}  // namespace lexigrad::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace lexigrad::kernels::HWY_NAMESPACE {
namespace {

template <class T>
T row_max(const T* x, int64_t n) {
  const hn::ScalableTag<T> d;
  const auto value = [=](auto access, int64_t i) HWY_ATTR { return access.load(d, x + i); };
  const auto max = [](auto, auto a, auto b) HWY_ATTR { return hn::Max(a, b); };
  return reduce<T>(n, -std::numeric_limits<T>::infinity(), value, max);
}

template <class T>
T exp_shifted(const T* x, T shift, T* y, int64_t n) {
  const hn::ScalableTag<T> d;
  const auto s = hn::Set(d, shift);
  return sum_of<T>(n, [=](auto access, int64_t i) HWY_ATTR {
    const auto e = exp_below_one(d, hn::Sub(access.load(d, x + i), s));
    access.store(d, e, y + i);
    return e;
  });
}

template <class T>
T sum_exp_shifted(const T* x, T shift, int64_t n) {
  const hn::ScalableTag<T> d;
  const auto s = hn::Set(d, shift);
  return sum_of<T>(n, [=](auto access, int64_t i)
                          HWY_ATTR { return exp_below_one(d, hn::Sub(access.load(d, x + i), s)); });
}

// The first of n places that holds the finite `value`; n where none does.
template <class T>
int64_t place_of(const T* x, T value, int64_t n) {
  if (!(std::abs(value) <= std::numeric_limits<T>::max())) return n;
  const hn::ScalableTag<T> d;
  const auto v = hn::Set(d, value);
  int64_t i = 0;
  while (i + kLanes<T> <= n && hn::AllFalse(d, hn::Eq(hn::LoadU(d, x + i), v))) i += kLanes<T>;
  while (i < n && x[i] != value) ++i;
  return i;
}

template <class T>
T sum_exp_beside_max(const T* x, T max, int64_t n) {
  const int64_t at = place_of(x, max, n), next = HWY_MIN(at + 1, n);
  return sum_exp_shifted(x, max, at) + sum_exp_shifted(x + next, max, n - next);
}

template <class T>
T exp_beside_max(T* x, T max, int64_t n) {
  const int64_t at = place_of(x, max, n), next = HWY_MIN(at + 1, n);
  if (at < n) x[at] = T{1};
  return exp_shifted(x, max, x, at) + exp_shifted(x + next, max, x + next, n - next);
}

template <class T>
void scaled_exp_shifted(const T* x, T shift, T scale, T* dx, int64_t n) {
  const hn::ScalableTag<T> tag;
  const auto s = hn::Set(tag, shift), c = hn::Set(tag, scale);
  const auto op = [=](auto d, auto v) HWY_ATTR { return hn::Mul(c, exp_below_one(d, hn::Sub(v, s))); };
  map<1>(n, dx, op, x);
}

template <class T>
void softmax(const T* x, T* y, int64_t n) {
  const T total = exp_shifted(x, row_max(x, n), y, n);
  const auto c = hn::Set(hn::ScalableTag<T>(), T{1} / total);
  const auto op = [=](auto, auto v) HWY_ATTR { return hn::Mul(v, c); };
  map<4>(n, y, op, y);
}

template <class T>
void log_softmax(const T* x, T* y, int64_t n) {
  const hn::ScalableTag<T> tag;
  const T max = row_max(x, n);
  const auto m = hn::Set(tag, max), l = hn::Set(tag, std::log1p(sum_exp_beside_max(x, max, n)));
  const auto op = [=](auto, auto v) HWY_ATTR { return hn::Sub(hn::Sub(v, m), l); };
  map<4>(n, y, op, x);
}

template <class T>
void softmax_gradient(const T* y, const T* dy, T* dx, int64_t n) {
  const hn::ScalableTag<T> tag;
  const auto product = [=](auto access, int64_t i)
                           HWY_ATTR { return hn::Mul(access.load(tag, y + i), access.load(tag, dy + i)); };
  const auto s = hn::Set(tag, sum_of<T>(n, product));
  const auto op = [=](auto, auto v, auto g) HWY_ATTR { return hn::Mul(v, hn::Sub(g, s)); };
  map<4>(n, dx, op, y, dy);
}

template <class T>
void log_softmax_gradient(const T* y, const T* dy, T* dx, int64_t n) {
  const hn::ScalableTag<T> tag;
  const auto value = [=](auto access, int64_t i) HWY_ATTR { return access.load(tag, dy + i); };
  const auto s = hn::Set(tag, sum_of<T>(n, value));
  const auto near = hn::Set(tag, T{-0.5});  // from here on dy and sum(dy) may cancel: exp(y) = 1 + expm1(y)
  const auto op = [=](auto d, auto v, auto g) HWY_ATTR {
    const auto plain = hn::NegMulAdd(exp_below_one(d, v), s, g);
    const auto high = hn::Gt(v, near);
    if (hn::AllFalse(d, high)) return plain;
    return hn::IfThenElse(high, hn::NegMulAdd(hn::Expm1(d, v), s, hn::Sub(g, s)), plain);
  };
  map<1>(n, dx, op, y, dy);
}

LEXIGRAD_KERNELS(SoftmaxTable, softmax<T>, log_softmax<T>, softmax_gradient<T>, log_softmax_gradient<T>,
                 row_max<T>, exp_beside_max<T>, sum_exp_beside_max<T>, scaled_exp_shifted<T>)

}  // namespace
}  // namespace lexigrad::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lexigrad::kernels {
LEXIGRAD_DISPATCH(SoftmaxTable)

template <class T>
void softmax(const T* x, T* y, int64_t n) {
  table(T{}).softmax(x, y, n);
}

template <class T>
void log_softmax(const T* x, T* y, int64_t n) {
  table(T{}).log_softmax(x, y, n);
}

template <class T>
void softmax_gradient(const T* y, const T* dy, T* dx, int64_t n) {
  table(T{}).softmax_gradient(y, dy, dx, n);
}

template <class T>
void log_softmax_gradient(const T* y, const T* dy, T* dx, int64_t n) {
  table(T{}).log_softmax_gradient(y, dy, dx, n);
}

template <class T>
T row_max(const T* x, int64_t n) {
  return table(T{}).row_max(x, n);
}

template <class T>
T exp_beside_max(T* x, T max, int64_t n) {
  return table(T{}).exp_beside_max(x, max, n);
}

template <class T>
T sum_exp_beside_max(const T* x, T max, int64_t n) {
  return table(T{}).sum_exp_beside_max(x, max, n);
}

template <class T>
void scaled_exp_shifted(const T* x, T shift, T scale, T* dx, int64_t n) {
  table(T{}).scaled_exp_shifted(x, shift, scale, dx, n);
}

template void softmax(const float*, float*, int64_t);
template void softmax(const double*, double*, int64_t);
template void log_softmax(const float*, float*, int64_t);
template void log_softmax(const double*, double*, int64_t);
template void softmax_gradient(const float*, const float*, float*, int64_t);
template void softmax_gradient(const double*, const double*, double*, int64_t);
template void log_softmax_gradient(const float*, const float*, float*, int64_t);
template void log_softmax_gradient(const double*, const double*, double*, int64_t);
template float row_max(const float*, int64_t);
template double row_max(const double*, int64_t);
template float exp_beside_max(float*, float, int64_t);
template double exp_beside_max(double*, double, int64_t);
template float sum_exp_beside_max(const float*, float, int64_t);
template double sum_exp_beside_max(const double*, double, int64_t);
template void scaled_exp_shifted(const float*, float, float, float*, int64_t);
template void scaled_exp_shifted(const double*, double, double, double*, int64_t);

}  // namespace lexigrad::kernels
#endif  // HWY_ONCE
