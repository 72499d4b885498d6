#include "lexigrad/train/optim/methods/kernels/lion.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lexigrad/train/optim/methods/kernels/lion.cpp"
#include "hwy/foreach_target.h"
#include "lexigrad/autograd/kernels/dispatch-inl.h"
#include "lexigrad/train/optim/methods/kernels/moves-inl.h"

#ifndef LEXIGRAD_LION_TABLE
#define LEXIGRAD_LION_TABLE
namespace lexigrad::kernels {
template <class T>
struct LionTable {
  void (*lion_step)(T*, const T*, T*, const LionStep&, int64_t);
};
}  // namespace lexigrad::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace lexigrad::kernels::HWY_NAMESPACE {
namespace {

template <class T>
void lion_step(T* w, const T* g, T* m, const LionStep& step, int64_t n) {
  const hn::ScalableTag<T> d;
  const auto set = [d](double value) HWY_ATTR { return hn::Set(d, static_cast<T>(value)); };
  const auto lr = set(step.lr);
  const Average<T> average1(step.beta1), average2(step.beta2);
  move_weights(w, g, 0, step.keep, n, [=](auto access, int64_t i, auto grad) HWY_ATTR {
    const auto mean = access.load(d, m + i), way = average1(d, mean, grad);
    access.store(d, average2(d, mean, grad), m + i);
    const auto known = hn::IfThenZeroElse(hn::Eq(way, hn::Zero(d)), hn::CopySign(lr, way));
    return hn::IfThenElse(hn::IsNaN(way), way, known);
  });
}

LEXIGRAD_KERNELS(LionTable, lion_step<T>)

}  // namespace
}  // namespace lexigrad::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lexigrad::kernels {
LEXIGRAD_DISPATCH(LionTable)

template <class T>
void lion_step(T* w, const T* g, T* m, const LionStep& step, int64_t n) {
  table(T{}).lion_step(w, g, m, step, n);
}

template void lion_step(float*, const float*, float*, const LionStep&, int64_t);
template void lion_step(double*, const double*, double*, const LionStep&, int64_t);

}  // namespace lexigrad::kernels
#endif  // HWY_ONCE
