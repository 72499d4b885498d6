#include "lexigrad/autograd/kernels/logistic.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lexigrad/autograd/kernels/logistic.cpp"
#include "hwy/foreach_target.h"
#include "lexigrad/autograd/kernels/dispatch-inl.h"
#include "lexigrad/autograd/kernels/loops-inl.h"
#include "lexigrad/autograd/kernels/math-inl.h"

#ifndef LEXIGRAD_LOGISTIC_TABLE
#define LEXIGRAD_LOGISTIC_TABLE
namespace lexigrad::kernels {
template <class T>
struct LogisticTable {
  T (*logistic_loss)(T*, const T*, int64_t);
};
}  // namespace lexigrad::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace lexigrad::kernels::HWY_NAMESPACE {
namespace {

template <class T>
T logistic_loss(T* s, const T* w, int64_t n) {
  const hn::ScalableTag<T> tag;
  const auto zero = hn::Zero(tag), one = hn::Set(tag, T{1});
  return sum_of<T>(n, [=](auto access, int64_t i) HWY_ATTR {
    const auto weight = access.load(tag, w + i);
    const auto z = hn::Xor(access.load(tag, s + i), hn::And(hn::Neg(weight), hn::SignBit(tag)));
    const auto e = exp(tag, hn::Neg(hn::Abs(z)));
    const auto upper = hn::Div(one, hn::Add(one, e));
    const auto sigmoid = hn::IfThenElse(hn::Ge(z, zero), upper, hn::Mul(e, upper));
    access.store(tag, hn::Neg(hn::Mul(weight, sigmoid)), s + i);
    return hn::Mul(hn::Abs(weight), hn::Add(hn::Max(z, zero), hn::Log1p(tag, e)));
  });
}

LEXIGRAD_KERNELS(LogisticTable, logistic_loss<T>)

}  // namespace
}  // namespace lexigrad::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lexigrad::kernels {
LEXIGRAD_DISPATCH(LogisticTable)

template <class T>
T logistic_loss(T* s, const T* w, int64_t n) {
  return table(T{}).logistic_loss(s, w, n);
}

template float logistic_loss(float*, const float*, int64_t);
template double logistic_loss(double*, const double*, int64_t);

}  // namespace lexigrad::kernels
#endif  // HWY_ONCE
