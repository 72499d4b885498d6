#include "lexigrad/train/optim/methods/kernels/rmsprop.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lexigrad/train/optim/methods/kernels/rmsprop.cpp"
#include "hwy/foreach_target.h"
#include "lexigrad/autograd/kernels/dispatch-inl.h"
#include "lexigrad/train/optim/methods/kernels/moves-inl.h"

#ifndef LEXIGRAD_RMSPROP_TABLE
#define LEXIGRAD_RMSPROP_TABLE
namespace lexigrad::kernels {
template <class T>
struct RMSpropTable {
  void (*rmsprop_step)(T*, const T*, T*, T*, T*, const RMSpropStep&, int64_t);
};
}  // namespace lexigrad::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace lexigrad::kernels::HWY_NAMESPACE {
namespace {

template <class T>
void rmsprop_step(T* w, const T* g, T* square, T* mean, T* buffer, const RMSpropStep& step, int64_t n) {
  const hn::ScalableTag<T> d;
  const auto set = [d](double value) HWY_ATTR { return hn::Set(d, static_cast<T>(value)); };
  const auto lr = set(step.lr), eps = set(step.eps), momentum = set(step.momentum);
  const Average<T> average(step.alpha);
  move_weights(w, g, step.weight_decay, 1, n, [=](auto access, int64_t i, auto grad) HWY_ATTR {
    auto spread = average(d, access.load(d, square + i), hn::Mul(grad, grad));
    access.store(d, spread, square + i);
    if (mean) {
      const auto centre = average(d, access.load(d, mean + i), grad);
      access.store(d, centre, mean + i);
      spread = hn::Sub(spread, hn::Mul(centre, centre));
    }
    auto move = hn::Div(grad, hn::Add(hn::Sqrt(spread), eps));
    if (buffer) {
      move = hn::Add(hn::Mul(momentum, access.load(d, buffer + i)), move);
      access.store(d, move, buffer + i);
    }
    return hn::Mul(lr, move);
  });
}

LEXIGRAD_KERNELS(RMSpropTable, rmsprop_step<T>)

}  // namespace
}  // namespace lexigrad::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lexigrad::kernels {
LEXIGRAD_DISPATCH(RMSpropTable)

template <class T>
void rmsprop_step(T* w, const T* g, T* square, T* mean, T* buffer, const RMSpropStep& step, int64_t n) {
  table(T{}).rmsprop_step(w, g, square, mean, buffer, step, n);
}

template void rmsprop_step(float*, const float*, float*, float*, float*, const RMSpropStep&, int64_t);
template void rmsprop_step(double*, const double*, double*, double*, double*, const RMSpropStep&, int64_t);

}  // namespace lexigrad::kernels
#endif  // HWY_ONCE
