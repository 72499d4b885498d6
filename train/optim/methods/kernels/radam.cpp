#include "lexigrad/train/optim/methods/kernels/radam.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lexigrad/train/optim/methods/kernels/radam.cpp"
#include "hwy/foreach_target.h"
#include "lexigrad/autograd/kernels/dispatch-inl.h"
#include "lexigrad/train/optim/methods/kernels/moves-inl.h"

#ifndef LEXIGRAD_RADAM_TABLE
#define LEXIGRAD_RADAM_TABLE
namespace lexigrad::kernels {
template <class T>
struct RAdamTable {
  void (*radam_step)(T*, const T*, T*, T*, const RAdamStep&, int64_t);
};
}  // namespace lexigrad::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace lexigrad::kernels::HWY_NAMESPACE {
namespace {

template <class T>
void radam_step(T* w, const T* g, T* m, T* v, const RAdamStep& step, int64_t n) {
  const hn::ScalableTag<T> d;
  const auto set = [d](double value) HWY_ATTR { return hn::Set(d, static_cast<T>(value)); };
  const auto size = set(step.step_size), rectified = set(step.rectified), eps = set(step.eps);
  const Average<T> average1(step.beta1), average2(step.beta2);
  const bool rectifies = step.rectified != 0;
  move_weights(w, g, step.weight_decay, step.keep, n, [=](auto access, int64_t i, auto grad) HWY_ATTR {
    const auto mean = average1(d, access.load(d, m + i), grad);
    const auto square = average2(d, access.load(d, v + i), hn::Mul(grad, grad));
    access.store(d, mean, m + i);
    access.store(d, square, v + i);
    const auto move = hn::Mul(size, mean);
    if (!rectifies) return move;
    return hn::Mul(move, hn::Div(rectified, hn::Add(hn::Sqrt(square), eps)));
  });
}

LEXIGRAD_KERNELS(RAdamTable, radam_step<T>)

}  // namespace
}  // namespace lexigrad::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lexigrad::kernels {
LEXIGRAD_DISPATCH(RAdamTable)

template <class T>
void radam_step(T* w, const T* g, T* m, T* v, const RAdamStep& step, int64_t n) {
  table(T{}).radam_step(w, g, m, v, step, n);
}

template void radam_step(float*, const float*, float*, float*, const RAdamStep&, int64_t);
template void radam_step(double*, const double*, double*, double*, const RAdamStep&, int64_t);

}  // namespace lexigrad::kernels
#endif  // HWY_ONCE
