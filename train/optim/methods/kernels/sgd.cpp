#include "lexigrad/train/optim/methods/kernels/sgd.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lexigrad/train/optim/methods/kernels/sgd.cpp"
#include "hwy/foreach_target.h"
#include "lexigrad/autograd/kernels/dispatch-inl.h"
#include "lexigrad/autograd/kernels/loops-inl.h"

#ifndef LEXIGRAD_SGD_TABLE
#define LEXIGRAD_SGD_TABLE
namespace lexigrad::kernels {
template <class T>
struct SgdTable {
  void (*sgd_step)(T*, const T*, T*, const SgdStep&, int64_t);
  void (*sgd_rest)(T*, T*, const SgdRest&, int64_t);
};
}  // namespace lexigrad::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace lexigrad::kernels::HWY_NAMESPACE {
namespace {

template <bool kMomentum, bool kGradient, class T>
void sgd_loop(T* w, const T* g, T* buffer, const SgdStep& step, int64_t n) {
  const hn::ScalableTag<T> d;
  const auto set = [d](double value) HWY_ATTR { return hn::Set(d, static_cast<T>(value)); };
  const auto lr = set(-step.lr), decay = set(step.weight_decay);
  const auto momentum = set(step.momentum), fresh = set(1 - step.dampening);
  const bool first = step.first, nesterov = step.nesterov, decays = step.weight_decay != 0;
  for_vectors<T, 1>(n, [=](auto access, int64_t i) HWY_ATTR {
    const auto weight = access.load(d, w + i);
    auto grad = hn::Zero(d);
    if constexpr (kGradient) grad = access.load(d, g + i);
    if (decays) grad = hn::MulAdd(decay, weight, grad);
    if constexpr (kMomentum) {
      auto b = grad;
      if (!first) b = hn::MulAdd(fresh, grad, hn::Mul(momentum, access.load(d, buffer + i)));
      access.store(d, b, buffer + i);
      grad = nesterov ? hn::MulAdd(momentum, b, grad) : b;
    }
    access.store(d, hn::MulAdd(lr, grad, weight), w + i);
  });
}

template <class T>
void sgd_step(T* w, const T* g, T* buffer, const SgdStep& step, int64_t n) {
  const auto loop = step.momentum != 0 ? (g ? sgd_loop<true, true, T> : sgd_loop<true, false, T>)
                                       : (g ? sgd_loop<false, true, T> : sgd_loop<false, false, T>);
  loop(w, g, buffer, step, n);
}

template <class T>
void sgd_rest(T* w, T* buffer, const SgdRest& rest, int64_t n) {
  const hn::ScalableTag<T> d;
  const auto set = [d](double value) HWY_ATTR { return hn::Set(d, static_cast<T>(value)); };
  const auto keep = set(rest.keep), size = set(-rest.size), momentum = set(rest.momentum);
  for_vectors<T, 1>(n, [=](auto access, int64_t i) HWY_ATTR {
    auto weight = access.load(d, w + i);
    if (buffer) {
      const auto b = access.load(d, buffer + i);
      weight = hn::MulAdd(size, b, weight);
      access.store(d, hn::Mul(momentum, b), buffer + i);
    }
    access.store(d, hn::Mul(keep, weight), w + i);
  });
}

LEXIGRAD_KERNELS(SgdTable, sgd_step<T>, sgd_rest<T>)

}  // namespace
}  // namespace lexigrad::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lexigrad::kernels {
LEXIGRAD_DISPATCH(SgdTable)

template <class T>
void sgd_step(T* w, const T* g, T* buffer, const SgdStep& step, int64_t n) {
  table(T{}).sgd_step(w, g, buffer, step, n);
}

template <class T>
void sgd_rest(T* w, T* buffer, const SgdRest& rest, int64_t n) {
  table(T{}).sgd_rest(w, buffer, rest, n);
}

template void sgd_rest(float*, float*, const SgdRest&, int64_t);
template void sgd_rest(double*, double*, const SgdRest&, int64_t);
template void sgd_step(float*, const float*, float*, const SgdStep&, int64_t);
template void sgd_step(double*, const double*, double*, const SgdStep&, int64_t);

}  // namespace lexigrad::kernels
#endif  // HWY_ONCE
