#include "lexigrad/train/optim/methods/kernels/schedule_free.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lexigrad/train/optim/methods/kernels/schedule_free.cpp"
#include "hwy/foreach_target.h"
#include "lexigrad/autograd/kernels/dispatch-inl.h"
#include "lexigrad/train/optim/methods/kernels/moves-inl.h"

#ifndef LEXIGRAD_SCHEDULE_FREE_TABLE
#define LEXIGRAD_SCHEDULE_FREE_TABLE
namespace lexigrad::kernels {
template <class T>
struct ScheduleFreeTable {
  void (*sgd_step)(T*, const T*, T*, const ScheduleFreeStep&, int64_t);
  void (*adamw_step)(T*, const T*, T*, T*, const ScheduleFreeStep&, int64_t);
};
}  // namespace lexigrad::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace lexigrad::kernels::HWY_NAMESPACE {
namespace {

/// Moves the offset by the direction and returns what the weight loses.
template <class T>
struct Offset {
  T c, kept, size, offset_size;
  explicit Offset(const ScheduleFreeStep& step)
      : c(static_cast<T>(step.c)),
        kept(static_cast<T>(1 - step.c)),
        size(static_cast<T>(step.size)),
        offset_size(static_cast<T>(step.offset_size)) {}
  template <class Access, class D, class V>
  HWY_INLINE V operator()(Access access, D d, T* u, V way) const {
    const auto offset = access.load(d, u);
    access.store(d, hn::Mul(hn::Set(d, kept), hn::Sub(offset, hn::Mul(hn::Set(d, offset_size), way))), u);
    return hn::Sub(hn::Mul(hn::Set(d, size), way), hn::Mul(hn::Set(d, c), offset));
  }
};

template <class T>
void sgd_step(T* y, const T* g, T* u, const ScheduleFreeStep& step, int64_t n) {
  const hn::ScalableTag<T> d;
  const Offset<T> move(step);
  move_weights(y, g, step.weight_decay, 1, n,
               [=](auto access, int64_t i, auto grad) HWY_ATTR { return move(access, d, u + i, grad); });
}

template <class T>
void adamw_step(T* y, const T* g, T* u, T* v, const ScheduleFreeStep& step, int64_t n) {
  const hn::ScalableTag<T> d;
  const auto set = [d](double value) HWY_ATTR { return hn::Set(d, static_cast<T>(value)); };
  const auto decay = set(step.weight_decay), eps = set(step.eps), correction = set(step.bias2_correction);
  const bool decays = step.weight_decay != 0;
  const Average<T> average(step.beta2);
  const Offset<T> move(step);
  move_weights(y, g, 0, 1, n, [=](auto access, int64_t i, auto grad) HWY_ATTR {
    const auto square = average(d, access.load(d, v + i), hn::Mul(grad, grad));
    access.store(d, square, v + i);
    auto way = hn::Div(grad, hn::Add(hn::Div(hn::Sqrt(square), correction), eps));
    if (decays) way = hn::Add(way, hn::Mul(decay, access.load(d, y + i)));
    return move(access, d, u + i, way);
  });
}

LEXIGRAD_KERNELS(ScheduleFreeTable, sgd_step<T>, adamw_step<T>)

}  // namespace
}  // namespace lexigrad::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lexigrad::kernels {
LEXIGRAD_DISPATCH(ScheduleFreeTable)

template <class T>
void schedule_free_sgd_step(T* y, const T* g, T* u, const ScheduleFreeStep& step, int64_t n) {
  table(T{}).sgd_step(y, g, u, step, n);
}
template <class T>
void schedule_free_adamw_step(T* y, const T* g, T* u, T* v, const ScheduleFreeStep& step, int64_t n) {
  table(T{}).adamw_step(y, g, u, v, step, n);
}

template void schedule_free_sgd_step(float*, const float*, float*, const ScheduleFreeStep&, int64_t);
template void schedule_free_sgd_step(double*, const double*, double*, const ScheduleFreeStep&, int64_t);
template void schedule_free_adamw_step(float*, const float*, float*, float*, const ScheduleFreeStep&,
                                       int64_t);
template void schedule_free_adamw_step(double*, const double*, double*, double*, const ScheduleFreeStep&,
                                       int64_t);

}  // namespace lexigrad::kernels
#endif  // HWY_ONCE
