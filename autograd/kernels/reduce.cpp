#include "lexigrad/autograd/kernels/reduce.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lexigrad/autograd/kernels/reduce.cpp"
#include "hwy/foreach_target.h"
#include "lexigrad/autograd/kernels/loops-inl.h"

#ifndef LEXIGRAD_REDUCE_TABLE
#define LEXIGRAD_REDUCE_TABLE
namespace lexigrad::kernels {
template <class T>
struct ReduceTable {
  T (*sum)(const T*, int64_t);
  T (*dot)(const T*, const T*, int64_t);
  void (*add_rows)(T*, const T*, int64_t, int64_t, int64_t);
};
}  // namespace lexigrad::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace lexigrad::kernels::HWY_NAMESPACE {
namespace {  // the four kernel files have functions of the same name

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

template <class T>
const ReduceTable<T>& table() {
  static constexpr ReduceTable<T> kTable = {sum<T>, dot<T>, add_rows<T>};
  return kTable;
}
const ReduceTable<float>& table_float() { return table<float>(); }
const ReduceTable<double>& table_double() { return table<double>(); }

}  // namespace
}  // namespace lexigrad::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lexigrad::kernels {
namespace {
HWY_EXPORT(table_float);
HWY_EXPORT(table_double);
const ReduceTable<float>& table(float) { return HWY_DYNAMIC_DISPATCH(table_float)(); }
const ReduceTable<double>& table(double) { return HWY_DYNAMIC_DISPATCH(table_double)(); }
}  // namespace

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

template float sum(const float*, int64_t);
template double sum(const double*, int64_t);
template float dot(const float*, const float*, int64_t);
template double dot(const double*, const double*, int64_t);
template void add_rows(float*, const float*, int64_t, int64_t, int64_t);
template void add_rows(double*, const double*, int64_t, int64_t, int64_t);

}  // namespace lexigrad::kernels
#endif  // HWY_ONCE
