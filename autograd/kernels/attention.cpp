#include "lexigrad/autograd/kernels/attention.h"

#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lexigrad/autograd/kernels/attention.cpp"
#include "hwy/foreach_target.h"
#include "lexigrad/autograd/kernels/dispatch-inl.h"
#include "lexigrad/autograd/kernels/loops-inl.h"
#include "lexigrad/autograd/kernels/math-inl.h"

#ifndef LEXIGRAD_ATTENTION_TABLE
#define LEXIGRAD_ATTENTION_TABLE
namespace lexigrad::kernels {
template <class T>
struct AttentionTable {
  void (*softmax)(T*, int64_t, T*, T*, T*);
  void (*scale)(T*, int64_t, const T*);
  void (*weights)(T*, int64_t, const T*);
  void (*gradients)(const T*, T*, int64_t, const T*);
};
}  // namespace lexigrad::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace lexigrad::kernels::HWY_NAMESPACE {
namespace {

constexpr int64_t kColumns = kAttentionColumns;

template <class T>
void softmax(T* tile, int64_t rows, T* max, T* sum, T* factor) {
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  const V none = hn::Set(d, -std::numeric_limits<T>::infinity());
  for (int64_t c = 0; c < kColumns; c += kLanes<T>) {
    const V before = hn::LoadU(d, max + c);
    V most = before;
    for (int64_t r = 0; r < rows; ++r) most = hn::Max(most, hn::LoadU(d, tile + r * kColumns + c));
    const V shift = hn::IfThenZeroElse(hn::Eq(most, none), most);
    const V scale = exp_below_one(d, hn::Sub(before, shift));
    V total = hn::Mul(hn::LoadU(d, sum + c), scale);
    for (int64_t r = 0; r < rows; ++r) {
      T* at = tile + r * kColumns + c;
      const V e = exp_below_one(d, hn::Sub(hn::LoadU(d, at), shift));
      total = hn::Add(total, e);
      hn::StoreU(e, d, at);
    }
    hn::StoreU(most, d, max + c);
    hn::StoreU(total, d, sum + c);
    hn::StoreU(scale, d, factor + c);
  }
}

template <class T>
void scale(T* y, int64_t rows, const T* factor) {
  const hn::ScalableTag<T> d;
  for (int64_t c = 0; c < kColumns; c += kLanes<T>) {
    const auto f = hn::LoadU(d, factor + c);
    for (int64_t r = 0; r < rows; ++r)
      hn::StoreU(hn::Mul(f, hn::LoadU(d, y + r * kColumns + c)), d, y + r * kColumns + c);
  }
}

template <class T>
void weights(T* tile, int64_t rows, const T* lse) {
  const hn::ScalableTag<T> d;
  for (int64_t c = 0; c < kColumns; c += kLanes<T>) {
    const auto shift = hn::LoadU(d, lse + c);
    for (int64_t r = 0; r < rows; ++r) {
      T* at = tile + r * kColumns + c;
      hn::StoreU(exp_below_one(d, hn::Sub(hn::LoadU(d, at), shift)), d, at);
    }
  }
}

template <class T>
void gradients(const T* p, T* dp, int64_t rows, const T* delta) {
  const hn::ScalableTag<T> d;
  for (int64_t c = 0; c < kColumns; c += kLanes<T>) {
    const auto mean = hn::LoadU(d, delta + c);
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t at = r * kColumns + c;
      const auto change = hn::Sub(hn::LoadU(d, dp + at), mean);
      hn::StoreU(hn::Mul(hn::LoadU(d, p + at), change), d, dp + at);
    }
  }
}

LEXIGRAD_KERNELS(AttentionTable, softmax<T>, scale<T>, weights<T>, gradients<T>)

}  // namespace
}  // namespace lexigrad::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lexigrad::kernels {
LEXIGRAD_DISPATCH(AttentionTable)

template <class T>
void attention_softmax(T* tile, int64_t rows, T* max, T* sum, T* factor) {
  table(T{}).softmax(tile, rows, max, sum, factor);
}
template <class T>
void scale_columns(T* y, int64_t rows, const T* factor) {
  table(T{}).scale(y, rows, factor);
}
template <class T>
void attention_weights(T* tile, int64_t rows, const T* lse) {
  table(T{}).weights(tile, rows, lse);
}
template <class T>
void attention_score_gradients(const T* p, T* dp, int64_t rows, const T* delta) {
  table(T{}).gradients(p, dp, rows, delta);
}

#define LEXIGRAD_ATTENTION(T)                                  \
  template void attention_softmax<T>(T*, int64_t, T*, T*, T*); \
  template void scale_columns<T>(T*, int64_t, const T*);       \
  template void attention_weights<T>(T*, int64_t, const T*);   \
  template void attention_score_gradients<T>(const T*, T*, int64_t, const T*);
LEXIGRAD_ATTENTION(float)
LEXIGRAD_ATTENTION(double)
#undef LEXIGRAD_ATTENTION

}  // namespace lexigrad::kernels
#endif  // HWY_ONCE
