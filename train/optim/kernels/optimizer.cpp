#include "lexigrad/train/optim/kernels/optimizer.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lexigrad/train/optim/kernels/optimizer.cpp"
#include "hwy/foreach_target.h"
#include "lexigrad/autograd/kernels/loops-inl.h"

#ifndef LEXIGRAD_OPTIMIZER_TABLE
#define LEXIGRAD_OPTIMIZER_TABLE
namespace lexigrad::kernels {
template <class T>
struct OptimizerTable {
  void (*sgd_step)(T*, const T*, T*, const SgdStep<T>&, int64_t);
  void (*adam_step)(T*, const T*, T*, T*, const AdamStep<T>&, int64_t);
};
}  // namespace lexigrad::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace lexigrad::kernels::HWY_NAMESPACE {
namespace {  // the four kernel files have functions of the same name

template <bool kMomentum, bool kGradient, class T>
void sgd_loop(T* w, const T* g, T* buffer, const SgdStep<T>& step, int64_t n) {
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
void sgd_step(T* w, const T* g, T* buffer, const SgdStep<T>& step, int64_t n) {
  const auto loop = step.momentum != 0 ? (g ? sgd_loop<true, true, T> : sgd_loop<true, false, T>)
                                       : (g ? sgd_loop<false, true, T> : sgd_loop<false, false, T>);
  loop(w, g, buffer, step, n);
}

template <bool kGradient, class T>
void adam_loop(T* w, const T* g, T* m, T* v, const AdamStep<T>& step, int64_t n) {
  const hn::ScalableTag<T> d;
  const auto set = [d](double value) HWY_ATTR { return hn::Set(d, static_cast<T>(value)); };
  const auto beta2 = set(step.beta2), decay = set(step.weight_decay), eps = set(step.eps);
  const auto fresh1 = set(1 - step.beta1), fresh2 = set(1 - step.beta2);  // in double, as PyTorch does
  const auto size = set(-step.step_size), correction = set(step.bias2_correction), keep = set(step.keep);
  const bool decays = step.weight_decay != 0;
  for_vectors<T, 1>(n, [=](auto access, int64_t i) HWY_ATTR {
    const auto weight = access.load(d, w + i);
    auto grad = hn::Zero(d);
    if constexpr (kGradient) grad = access.load(d, g + i);
    if (decays) grad = hn::MulAdd(decay, weight, grad);
    const auto old = access.load(d, m + i);
    const auto mean = hn::MulAdd(fresh1, hn::Sub(grad, old), old);
    const auto square = hn::MulAdd(hn::Mul(fresh2, grad), grad, hn::Mul(beta2, access.load(d, v + i)));
    const auto scale = hn::Add(hn::Div(hn::Sqrt(square), correction), eps);
    access.store(d, mean, m + i);
    access.store(d, square, v + i);
    access.store(d, hn::MulAdd(size, hn::Div(mean, scale), hn::Mul(keep, weight)), w + i);
  });
}

template <class T>
void adam_step(T* w, const T* g, T* m, T* v, const AdamStep<T>& step, int64_t n) {
  if (g)
    adam_loop<true>(w, g, m, v, step, n);
  else
    adam_loop<false>(w, g, m, v, step, n);
}

template <class T>
const OptimizerTable<T>& table() {
  static constexpr OptimizerTable<T> kTable = {sgd_step<T>, adam_step<T>};
  return kTable;
}
const OptimizerTable<float>& table_float() { return table<float>(); }
const OptimizerTable<double>& table_double() { return table<double>(); }

}  // namespace
}  // namespace lexigrad::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lexigrad::kernels {
namespace {
HWY_EXPORT(table_float);
HWY_EXPORT(table_double);
const OptimizerTable<float>& table(float) { return HWY_DYNAMIC_DISPATCH(table_float)(); }
const OptimizerTable<double>& table(double) { return HWY_DYNAMIC_DISPATCH(table_double)(); }
}  // namespace

template <class T>
void sgd_step(T* w, const T* g, T* buffer, const SgdStep<T>& step, int64_t n) {
  table(T{}).sgd_step(w, g, buffer, step, n);
}

template <class T>
void adam_step(T* w, const T* g, T* m, T* v, const AdamStep<T>& step, int64_t n) {
  table(T{}).adam_step(w, g, m, v, step, n);
}

template void sgd_step(float*, const float*, float*, const SgdStep<float>&, int64_t);
template void sgd_step(double*, const double*, double*, const SgdStep<double>&, int64_t);
template void adam_step(float*, const float*, float*, float*, const AdamStep<float>&, int64_t);
template void adam_step(double*, const double*, double*, double*, const AdamStep<double>&, int64_t);

}  // namespace lexigrad::kernels
#endif  // HWY_ONCE
