#include "lexigrad/train/optim/methods/kernels/nadam.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lexigrad/train/optim/methods/kernels/nadam.cpp"
#include "hwy/foreach_target.h"
#include "lexigrad/autograd/kernels/dispatch-inl.h"
#include "lexigrad/train/optim/methods/kernels/moves-inl.h"

#ifndef LEXIGRAD_NADAM_TABLE
#define LEXIGRAD_NADAM_TABLE
namespace lexigrad::kernels {
template <class T>
struct NAdamTable {
  void (*nadam_step)(T*, const T*, T*, T*, const NAdamStep&, int64_t);
};
}  // namespace lexigrad::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace lexigrad::kernels::HWY_NAMESPACE {
namespace {

template <class T>
void nadam_step(T* w, const T* g, T* m, T* v, const NAdamStep& step, int64_t n) {
  const hn::ScalableTag<T> d;
  const auto set = [d](double value) HWY_ATTR { return hn::Set(d, static_cast<T>(value)); };
  const auto by_gradient = set(step.gradient_size), by_mean = set(step.mean_size);
  const auto bias = set(step.bias2), eps = set(step.eps);
  const Average<T> average1(step.beta1), average2(step.beta2);
  move_weights(w, g, step.weight_decay, step.keep, n, [=](auto access, int64_t i, auto grad) HWY_ATTR {
    const auto mean = average1(d, access.load(d, m + i), grad);
    const auto square = average2(d, access.load(d, v + i), hn::Mul(grad, grad));
    access.store(d, mean, m + i);
    access.store(d, square, v + i);
    const auto ahead = hn::Add(hn::Mul(by_gradient, grad), hn::Mul(by_mean, mean));
    return hn::Div(ahead, hn::Add(hn::Sqrt(hn::Div(square, bias)), eps));
  });
}

LEXIGRAD_KERNELS(NAdamTable, nadam_step<T>)

}  // namespace
}  // namespace lexigrad::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lexigrad::kernels {
LEXIGRAD_DISPATCH(NAdamTable)

template <class T>
void nadam_step(T* w, const T* g, T* m, T* v, const NAdamStep& step, int64_t n) {
  table(T{}).nadam_step(w, g, m, v, step, n);
}

template void nadam_step(float*, const float*, float*, float*, const NAdamStep&, int64_t);
template void nadam_step(double*, const double*, double*, double*, const NAdamStep&, int64_t);

}  // namespace lexigrad::kernels
#endif  // HWY_ONCE
