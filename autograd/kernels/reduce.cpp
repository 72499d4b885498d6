#include "lexigrad/autograd/kernels/reduce.h"

#include "lexigrad/autograd/base/memory/prefetch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lexigrad/autograd/kernels/reduce.cpp"
#include "hwy/foreach_target.h"
#include "lexigrad/autograd/kernels/dispatch-inl.h"
#include "lexigrad/autograd/kernels/loops-inl.h"

#ifndef LEXIGRAD_REDUCE_TABLE
#define LEXIGRAD_REDUCE_TABLE
namespace lexigrad::kernels {
template <class T>
struct ReduceTable {
  T (*sum)(const T*, int64_t);
  T (*dot)(const T*, const T*, int64_t);
  void (*add_rows)(T*, const T*, int64_t, int64_t, int64_t);
  void (*sum_bags)(T*, const RowBags<T>&, int64_t, int64_t);
};
}  // namespace lexigrad::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace lexigrad::kernels::HWY_NAMESPACE {
namespace {

template <class T>
T sum(const T* x, int64_t n) {
  const hn::ScalableTag<T> d;
  return sum_of<T>(n, [=](auto access, int64_t i) HWY_ATTR { return access.load(d, x + i); });
}

template <class T>
T dot(const T* a, const T* b, int64_t n) {
  const hn::ScalableTag<T> d;
  return sum_of<T>(n, [=](auto access, int64_t i)
                          HWY_ATTR { return hn::Mul(access.load(d, a + i), access.load(d, b + i)); });
}

template <class T>
void add_rows(T* y, const T* x, int64_t rows, int64_t cols, int64_t row_stride) {
  const auto add = [](auto, auto v, auto r) HWY_ATTR { return hn::Add(v, r); };
  const auto add_four = [](auto, auto v, auto r0, auto r1, auto r2, auto r3)
                            HWY_ATTR { return hn::Add(hn::Add(hn::Add(hn::Add(v, r0), r1), r2), r3); };
  int64_t i = 0;
  for (; i + 4 <= rows; i += 4) {  // y is read and written once for four rows
    const T* row = x + i * row_stride;
    map<1>(cols, y, add_four, y, row, row + row_stride, row + 2 * row_stride, row + 3 * row_stride);
  }
  for (; i < rows; ++i) map<1>(cols, y, add, y, x + i * row_stride);
}

// kVectors vectors of a bag's sum, from column `at` on, in registers over all its rows. The first strip asks
// for the rows of the ids to come, up to `last`.
template <int kVectors, class T, class Access>
HWY_INLINE void sum_strip(T* y, const RowBags<T>& bags, int64_t bag, int64_t last, int64_t at,
                          Access access) {
  const hn::ScalableTag<T> d;
  constexpr int64_t N = kLanes<T>;
  hn::Vec<decltype(d)> sums[kVectors];
  for (auto& s : sums) s = hn::Zero(d);
  int64_t count = 0;
  for (int64_t i = bags.offsets[bag]; i < bags.offsets[bag + 1]; ++i) {
    if (at == 0 && i + kRowsAhead < last)
      prefetch(bags.table + bags.ids[i + kRowsAhead] * bags.cols, bags.cols * int64_t{sizeof(T)});
    if (bags.ids[i] == bags.skip) continue;
    ++count;
    const T* row = bags.table + bags.ids[i] * bags.cols + at;
    const auto scale = hn::Set(d, bags.scales ? bags.scales[i] : T{1});
    for (int v = 0; v < kVectors; ++v) sums[v] = hn::MulAdd(access.load(d, row + v * N), scale, sums[v]);
  }
  const auto times = hn::Set(d, static_cast<T>(count));
  for (int v = 0; v < kVectors; ++v)
    access.store(d, bags.mean && count > 1 ? hn::Div(sums[v], times) : sums[v], y + at + v * N);
}

template <class T>
void sum_bags(T* y, const RowBags<T>& bags, int64_t begin, int64_t end) {
  constexpr int64_t N = kLanes<T>;
  const int64_t last = bags.offsets[end], cols = bags.cols;
  for (int64_t b = begin; b < end; ++b) {
    T* to = y + b * cols;
    int64_t at = 0;
    for (; at + 8 * N <= cols; at += 8 * N) sum_strip<8>(to, bags, b, last, at, Whole{});
    for (; at + 2 * N <= cols; at += 2 * N) sum_strip<2>(to, bags, b, last, at, Whole{});
    for (; at + N <= cols; at += N) sum_strip<1>(to, bags, b, last, at, Whole{});
    if (at < cols) sum_strip<1>(to, bags, b, last, at, Part{cols - at});
  }
}

LEXIGRAD_KERNELS(ReduceTable, sum<T>, dot<T>, add_rows<T>, sum_bags<T>)

}  // namespace
}  // namespace lexigrad::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lexigrad::kernels {
LEXIGRAD_DISPATCH(ReduceTable)

template <class T>
T sum(const T* x, int64_t n) {
  return table(T{}).sum(x, n);
}

template <class T>
T dot(const T* a, const T* b, int64_t n) {
  return table(T{}).dot(a, b, n);
}

template <class T>
void add_rows(T* y, const T* x, int64_t rows, int64_t cols, int64_t row_stride) {
  table(T{}).add_rows(y, x, rows, cols, row_stride);
}

template <class T>
void sum_bags(T* y, const RowBags<T>& bags, int64_t begin, int64_t end) {
  table(T{}).sum_bags(y, bags, begin, end);
}

template float sum(const float*, int64_t);
template double sum(const double*, int64_t);
template float dot(const float*, const float*, int64_t);
template double dot(const double*, const double*, int64_t);
template void add_rows(float*, const float*, int64_t, int64_t, int64_t);
template void add_rows(double*, const double*, int64_t, int64_t, int64_t);
template void sum_bags(float*, const RowBags<float>&, int64_t, int64_t);
template void sum_bags(double*, const RowBags<double>&, int64_t, int64_t);

}  // namespace lexigrad::kernels
#endif  // HWY_ONCE
