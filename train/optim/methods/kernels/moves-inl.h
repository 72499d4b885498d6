// The loop of an optimizer's kernel: weights and gradients in, changes of the weights out. Products are
// rounded before they are added, so that every instruction set gives the same bits.
#if defined(LEXIGRAD_MOVES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef LEXIGRAD_MOVES_INL_H
#undef LEXIGRAD_MOVES_INL_H
#else
#define LEXIGRAD_MOVES_INL_H
#endif

#include "lexigrad/autograd/kernels/loops-inl.h"

HWY_BEFORE_NAMESPACE();
namespace lexigrad::kernels::HWY_NAMESPACE {

/// share * x + (1 - share) * y, the difference taken in double.
template <class T>
struct Average {
  T share, rest;
  explicit Average(double value) : share(static_cast<T>(value)), rest(static_cast<T>(1 - value)) {}
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x, V y) const {
    return hn::Add(hn::Mul(hn::Set(d, share), x), hn::Mul(hn::Set(d, rest), y));
  }
};

/// w = keep * w - change(access, i, g') where g' = g + weight_decay * w; `g` null stands for zeros.
template <class T, class Change>
HWY_FLATTEN HWY_INLINE void move_weights(T* w, const T* g, double weight_decay, double keep, int64_t n,
                                         const Change& change) {
  const hn::ScalableTag<T> d;
  const auto decay = hn::Set(d, static_cast<T>(weight_decay)), kept = hn::Set(d, static_cast<T>(keep));
  const bool decays = weight_decay != 0;
  for_vectors<T, 1>(n, [=](auto access, int64_t i) HWY_ATTR {
    const auto weight = access.load(d, w + i);
    auto grad = hn::Zero(d);
    if (g) grad = access.load(d, g + i);
    if (decays) grad = hn::Add(grad, hn::Mul(decay, weight));
    access.store(d, hn::Sub(hn::Mul(kept, weight), change(access, i, grad)), w + i);
  });
}

}  // namespace lexigrad::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // LEXIGRAD_MOVES_INL_H
