#include "lexigrad/train/optim/methods/kernels/rowwise.h"

#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lexigrad/train/optim/methods/kernels/rowwise.cpp"
#include "hwy/foreach_target.h"
#include "lexigrad/autograd/kernels/dispatch-inl.h"
#include "lexigrad/train/optim/methods/kernels/moves-inl.h"

#ifndef LEXIGRAD_ROWWISE_TABLE
#define LEXIGRAD_ROWWISE_TABLE
namespace lexigrad::kernels {
template <class T>
struct RowwiseTable {
  void (*rowwise_adagrad_step)(T*, const T*, T*, const RowwiseAdagradStep&, int64_t);
  void (*rowwise_adam_step)(T*, const T*, T*, T*, const RowwiseAdamStep&, int64_t);
};
}  // namespace lexigrad::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace lexigrad::kernels::HWY_NAMESPACE {
namespace {

// The mean of g'^2 over n > 0 numbers, g' = g + weight_decay * w; `g` null stands for zeros. Numbers are added
// in 16 sums, whatever the instruction set.
template <class T>
HWY_INLINE T mean_square(const T* w, const T* g, double weight_decay, int64_t n) {
  constexpr int64_t kSums = 16;
  const hn::CappedTag<T, kSums> d;
  const auto lanes = static_cast<int64_t>(hn::Lanes(d));
  const auto decay = static_cast<T>(weight_decay);
  HWY_ALIGN T sums[kSums] = {};
  int64_t i = 0;
  for (; i + kSums <= n; i += kSums)
    for (int64_t k = 0; k < kSums; k += lanes) {
      auto grad = g ? hn::LoadU(d, g + i + k) : hn::Zero(d);
      if (weight_decay != 0) grad = hn::Add(grad, hn::Mul(hn::Set(d, decay), hn::LoadU(d, w + i + k)));
      hn::Store(hn::Add(hn::Load(d, sums + k), hn::Mul(grad, grad)), d, sums + k);
    }
  for (int64_t k = 0; i < n; ++i, ++k) {
    T shrinks = decay * w[i], grad = weight_decay != 0 ? (g ? g[i] : T(0)) + shrinks : g ? g[i] : T(0);
    T squared = grad * grad;
    sums[k] += squared;
  }
  for (int64_t half = kSums / 2; half > 0; half /= 2)
    for (int64_t k = 0; k < half; ++k) sums[k] += sums[k + half];
  return sums[0] / static_cast<T>(n);
}

template <class T>
void rowwise_adagrad_step(T* w, const T* g, T* sum, const RowwiseAdagradStep& step, int64_t n) {
  const hn::ScalableTag<T> d;
  *sum += mean_square(w, g, step.weight_decay, n);
  const auto size = hn::Set(d, static_cast<T>(step.lr) / (std::sqrt(*sum) + static_cast<T>(step.eps)));
  move_weights(w, g, step.weight_decay, 1, n,
               [=](auto, int64_t, auto grad) HWY_ATTR { return hn::Mul(size, grad); });
}

template <class T>
void rowwise_adam_step(T* w, const T* g, T* m, T* v, const RowwiseAdamStep& step, int64_t n) {
  const hn::ScalableTag<T> d;
  *v = static_cast<T>(step.beta2) * *v +
       static_cast<T>(1 - step.beta2) * mean_square(w, g, step.weight_decay, n);
  const T scale = std::sqrt(*v) / static_cast<T>(step.bias2_correction) + static_cast<T>(step.eps);
  const auto size = hn::Set(d, static_cast<T>(step.step_size) / scale);
  const Average<T> average(step.beta1);
  move_weights(w, g, step.weight_decay, 1, n, [=](auto access, int64_t i, auto grad) HWY_ATTR {
    const auto mean = average(d, access.load(d, m + i), grad);
    access.store(d, mean, m + i);
    return hn::Mul(size, mean);
  });
}

LEXIGRAD_KERNELS(RowwiseTable, rowwise_adagrad_step<T>, rowwise_adam_step<T>)

}  // namespace
}  // namespace lexigrad::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lexigrad::kernels {
LEXIGRAD_DISPATCH(RowwiseTable)

template <class T>
void rowwise_adagrad_step(T* w, const T* g, T* sum, const RowwiseAdagradStep& step, int64_t n) {
  table(T{}).rowwise_adagrad_step(w, g, sum, step, n);
}

template void rowwise_adagrad_step(float*, const float*, float*, const RowwiseAdagradStep&, int64_t);
template void rowwise_adagrad_step(double*, const double*, double*, const RowwiseAdagradStep&, int64_t);

template <class T>
void rowwise_adam_step(T* w, const T* g, T* m, T* v, const RowwiseAdamStep& step, int64_t n) {
  table(T{}).rowwise_adam_step(w, g, m, v, step, n);
}

template void rowwise_adam_step(float*, const float*, float*, float*, const RowwiseAdamStep&, int64_t);
template void rowwise_adam_step(double*, const double*, double*, double*, const RowwiseAdamStep&, int64_t);

}  // namespace lexigrad::kernels
#endif  // HWY_ONCE
