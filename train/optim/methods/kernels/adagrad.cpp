#include "lexigrad/train/optim/methods/kernels/adagrad.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lexigrad/train/optim/methods/kernels/adagrad.cpp"
#include "hwy/foreach_target.h"
#include "lexigrad/autograd/kernels/dispatch-inl.h"
#include "lexigrad/train/optim/methods/kernels/moves-inl.h"

#ifndef LEXIGRAD_ADAGRAD_TABLE
#define LEXIGRAD_ADAGRAD_TABLE
namespace lexigrad::kernels {
template <class T>
struct AdagradTable {
  void (*adagrad_step)(T*, const T*, T*, const AdagradStep&, int64_t);
};
}  // namespace lexigrad::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace lexigrad::kernels::HWY_NAMESPACE {
namespace {

template <class T>
void adagrad_step(T* w, const T* g, T* sum, const AdagradStep& step, int64_t n) {
  const hn::ScalableTag<T> d;
  const auto set = [d](double value) HWY_ATTR { return hn::Set(d, static_cast<T>(value)); };
  const auto lr = set(step.lr), initial = set(step.initial), eps = set(step.eps);
  move_weights(w, g, step.weight_decay, 1, n, [=](auto access, int64_t i, auto grad) HWY_ATTR {
    const auto total = hn::Add(access.load(d, sum + i), hn::Mul(grad, grad));
    access.store(d, total, sum + i);
    return hn::Mul(lr, hn::Div(grad, hn::Add(hn::Sqrt(hn::Add(initial, total)), eps)));
  });
}

LEXIGRAD_KERNELS(AdagradTable, adagrad_step<T>)

}  // namespace
}  // namespace lexigrad::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lexigrad::kernels {
LEXIGRAD_DISPATCH(AdagradTable)

template <class T>
void adagrad_step(T* w, const T* g, T* sum, const AdagradStep& step, int64_t n) {
  table(T{}).adagrad_step(w, g, sum, step, n);
}

template void adagrad_step(float*, const float*, float*, const AdagradStep&, int64_t);
template void adagrad_step(double*, const double*, double*, const AdagradStep&, int64_t);

}  // namespace lexigrad::kernels
#endif  // HWY_ONCE
