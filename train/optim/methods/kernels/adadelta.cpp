#include "lexigrad/train/optim/methods/kernels/adadelta.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lexigrad/train/optim/methods/kernels/adadelta.cpp"
#include "hwy/foreach_target.h"
#include "lexigrad/autograd/kernels/dispatch-inl.h"
#include "lexigrad/train/optim/methods/kernels/moves-inl.h"

#ifndef LEXIGRAD_ADADELTA_TABLE
#define LEXIGRAD_ADADELTA_TABLE
namespace lexigrad::kernels {
template <class T>
struct AdadeltaTable {
  void (*adadelta_step)(T*, const T*, T*, T*, const AdadeltaStep&, int64_t);
};
}  // namespace lexigrad::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace lexigrad::kernels::HWY_NAMESPACE {
namespace {

template <class T>
void adadelta_step(T* w, const T* g, T* square, T* delta, const AdadeltaStep& step, int64_t n) {
  const hn::ScalableTag<T> d;
  const auto set = [d](double value) HWY_ATTR { return hn::Set(d, static_cast<T>(value)); };
  const auto lr = set(step.lr), eps = set(step.eps);
  const Average<T> average(step.rho);
  move_weights(w, g, step.weight_decay, 1, n, [=](auto access, int64_t i, auto grad) HWY_ATTR {
    const auto squares = average(d, access.load(d, square + i), hn::Mul(grad, grad));
    const auto moves = access.load(d, delta + i);
    const auto unit = hn::Div(hn::Sqrt(hn::Add(moves, eps)), hn::Sqrt(hn::Add(squares, eps)));
    const auto move = hn::Mul(unit, grad);
    access.store(d, squares, square + i);
    access.store(d, average(d, moves, hn::Mul(move, move)), delta + i);
    return hn::Mul(lr, move);
  });
}

LEXIGRAD_KERNELS(AdadeltaTable, adadelta_step<T>)

}  // namespace
}  // namespace lexigrad::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lexigrad::kernels {
LEXIGRAD_DISPATCH(AdadeltaTable)

template <class T>
void adadelta_step(T* w, const T* g, T* square, T* delta, const AdadeltaStep& step, int64_t n) {
  table(T{}).adadelta_step(w, g, square, delta, step, n);
}

template void adadelta_step(float*, const float*, float*, float*, const AdadeltaStep&, int64_t);
template void adadelta_step(double*, const double*, double*, double*, const AdadeltaStep&, int64_t);

}  // namespace lexigrad::kernels
#endif  // HWY_ONCE
