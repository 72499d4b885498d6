#include "lexigrad/train/optim/methods/kernels/adam.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lexigrad/train/optim/methods/kernels/adam.cpp"
#include "hwy/foreach_target.h"
#include "lexigrad/autograd/kernels/dispatch-inl.h"
#include "lexigrad/autograd/kernels/loops-inl.h"

#ifndef LEXIGRAD_ADAM_TABLE
#define LEXIGRAD_ADAM_TABLE
namespace lexigrad::kernels {
template <class T>
struct AdamTable {
  void (*adam_step)(T*, const T*, T*, T*, T*, const AdamStep&, int64_t);
  void (*adam_rest)(T*, T*, T*, const AdamRest&, int64_t);
};
}  // namespace lexigrad::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace lexigrad::kernels::HWY_NAMESPACE {
namespace {

template <bool kGradient, bool kMaximum, class T>
void adam_loop(T* w, const T* g, T* m, T* v, T* v_max, const AdamStep& step, int64_t n) {
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
    auto top = square;
    if constexpr (kMaximum) {
      top = hn::Max(access.load(d, v_max + i), square);
      access.store(d, top, v_max + i);
    }
    const auto scale = hn::Add(hn::Div(hn::Sqrt(top), correction), eps);
    access.store(d, mean, m + i);
    access.store(d, square, v + i);
    access.store(d, hn::MulAdd(size, hn::Div(mean, scale), hn::Mul(keep, weight)), w + i);
  });
}

template <class T>
void adam_step(T* w, const T* g, T* m, T* v, T* v_max, const AdamStep& step, int64_t n) {
  const auto loop = v_max ? (g ? adam_loop<true, true, T> : adam_loop<false, true, T>)
                          : (g ? adam_loop<true, false, T> : adam_loop<false, false, T>);
  loop(w, g, m, v, v_max, step, n);
}

template <class T>
void adam_rest(T* w, T* m, T* v, const AdamRest& rest, int64_t n) {
  const hn::ScalableTag<T> d;
  const auto set = [d](double value) HWY_ATTR { return hn::Set(d, static_cast<T>(value)); };
  const auto keep = set(rest.keep), size0 = set(-rest.size[0]), eps0 = set(rest.eps[0]);
  const auto size1 = set(-rest.size[1]), eps1 = set(rest.eps[1]);
  const bool both = rest.size[1] != 0, moves = rest.size[0] != 0;
  const auto share1 = set(rest.m), share2 = set(rest.v);
  for_vectors<T, 1>(n, [=](auto access, int64_t i) HWY_ATTR {
    const auto mean = access.load(d, m + i), square = access.load(d, v + i);
    const auto root = hn::Sqrt(square);
    auto weight = access.load(d, w + i), factor = hn::Zero(d);
    if (moves) factor = hn::Div(size0, hn::Add(root, eps0));
    if (both) factor = hn::Add(factor, hn::Div(size1, hn::Add(root, eps1)));
    if (moves) weight = hn::MulAdd(mean, factor, weight);
    access.store(d, hn::Mul(keep, weight), w + i);
    access.store(d, hn::Mul(share1, mean), m + i);
    access.store(d, hn::Mul(share2, square), v + i);
  });
}

LEXIGRAD_KERNELS(AdamTable, adam_step<T>, adam_rest<T>)

}  // namespace
}  // namespace lexigrad::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lexigrad::kernels {
LEXIGRAD_DISPATCH(AdamTable)

template <class T>
void adam_step(T* w, const T* g, T* m, T* v, T* v_max, const AdamStep& step, int64_t n) {
  table(T{}).adam_step(w, g, m, v, v_max, step, n);
}

template <class T>
void adam_rest(T* w, T* m, T* v, const AdamRest& rest, int64_t n) {
  table(T{}).adam_rest(w, m, v, rest, n);
}

template void adam_rest(float*, float*, float*, const AdamRest&, int64_t);
template void adam_rest(double*, double*, double*, const AdamRest&, int64_t);
template void adam_step(float*, const float*, float*, float*, float*, const AdamStep&, int64_t);
template void adam_step(double*, const double*, double*, double*, double*, const AdamStep&, int64_t);

}  // namespace lexigrad::kernels
#endif  // HWY_ONCE
