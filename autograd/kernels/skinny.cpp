#include "lexigrad/autograd/kernels/skinny.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lexigrad/autograd/kernels/skinny.cpp"
#include "hwy/foreach_target.h"
#include "lexigrad/autograd/kernels/loops-inl.h"

#ifndef LEXIGRAD_SKINNY_ARGUMENTS
#define LEXIGRAD_SKINNY_ARGUMENTS
namespace lexigrad::kernels {
template <class T>
struct SkinnyArguments {
  int64_t m, n, k;
  const T* a;
  int64_t a_row, a_col;
  const T* b;
  int64_t ldb;
  bool add;
  T* c;
  int64_t ldc;
  Batch batch;
};
}  // namespace lexigrad::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace lexigrad::kernels::HWY_NAMESPACE {
namespace {

// Rows of a and vectors of b that are multiplied in registers: 6 x 2 sums fill the 16 registers of AVX2.
constexpr int kRows = 6;

template <int Rows, int Vectors, class D, class T, class Access>
HWY_INLINE void block(D d, const SkinnyArguments<T>& p, Access access, int64_t i, int64_t j) {
  constexpr int64_t N = hn::MaxLanes(D());
  using V = hn::Vec<D>;
  V sums[Rows][Vectors];
  T* c = p.c + i * p.ldc + j;
#pragma GCC unroll 8
  for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v)
      sums[r][v] = p.add ? access.load(d, c + r * p.ldc + v * N) : hn::Zero(d);
  const T* a = p.a + i * p.a_row;
  const T* b = p.b + j;
  for (int64_t kk = 0; kk < p.k; ++kk, a += p.a_col, b += p.ldb) {
    V row[Vectors];
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) row[v] = access.load(d, b + v * N);
#pragma GCC unroll 8
    for (int r = 0; r < Rows; ++r) {
      V x = hn::Set(d, a[r * p.a_row]);
#pragma GCC unroll 2
      for (int v = 0; v < Vectors; ++v) sums[r][v] = hn::MulAdd(x, row[v], sums[r][v]);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) access.store(d, sums[r][v], c + r * p.ldc + v * N);
}

template <int Vectors, class D, class T, class Access>
HWY_INLINE void strip(D d, const SkinnyArguments<T>& p, Access access, int64_t j) {
  int64_t i = 0;
  for (; i + kRows <= p.m; i += kRows) block<kRows, Vectors>(d, p, access, i, j);
  if (i + 4 <= p.m) block<4, Vectors>(d, p, access, i, j), i += 4;
  if (i + 2 <= p.m) block<2, Vectors>(d, p, access, i, j), i += 2;
  if (i < p.m) block<1, Vectors>(d, p, access, i, j);
}

// Whole vectors, then one of half the lanes where that fits, then a partial one.
template <class T>
void product(const SkinnyArguments<T>& p) {
  const hn::ScalableTag<T> d;
  const hn::CappedTag<T, 8> eight;
  const hn::CappedTag<T, 4> four;
  int64_t j = 0;
  for (; j + 2 * kLanes<T> <= p.n; j += 2 * kLanes<T>) strip<2>(d, p, Whole{}, j);
  for (; j + kLanes<T> <= p.n; j += kLanes<T>) strip<1>(d, p, Whole{}, j);
  if (kLanes < T >> 8 && j + 8 == p.n) return strip<1>(eight, p, Whole{}, j);
  if (kLanes < T >> 4 && j + 4 == p.n) return strip<1>(four, p, Whole{}, j);
  if (j < p.n) strip<1>(d, p, Part{p.n - j}, j);
}

template <class T>
void products(SkinnyArguments<T> p) {
  for (int64_t i = 0; i < p.batch.count; ++i, p.a += p.batch.a, p.b += p.batch.b, p.c += p.batch.c)
    product(p);
}

// Four rows at a time, so that x is read once for them and loads of four streams are under way.
template <class T>
void vector_products(const SkinnyArguments<T>& p) {
  const hn::ScalableTag<T> d;
  constexpr int64_t N = kLanes<T>, R = kRegisters<T>, rows = 4;
  for (int64_t i = 0; i < p.m; i += rows) {
    const T* a[rows];
    for (int64_t r = 0; r < rows; ++r) a[r] = p.a + HWY_MIN(i + r, p.m - 1) * p.a_row;
    hn::Vec<decltype(d)> sums[rows][R];
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t v = 0; v < R; ++v) sums[r][v] = hn::Zero(d);
    int64_t j = 0;
    for (; j + R * N <= p.k; j += R * N) {
#pragma GCC unroll 16
      for (int64_t v = 0; v < R; ++v) {
        const auto x = hn::LoadU(d, p.b + j + v * N);
#pragma GCC unroll 4
        for (int64_t r = 0; r < rows; ++r)
          sums[r][v] = hn::MulAdd(hn::LoadU(d, a[r] + j + v * N), x, sums[r][v]);
      }
    }
    for (int64_t v = 0; j < p.k; ++v, j += N) {
      const Part part{HWY_MIN(N, p.k - j)};
      const auto x = part.load(d, p.b + j);
      for (int64_t r = 0; r < rows; ++r) sums[r][v] = hn::MulAdd(part.load(d, a[r] + j), x, sums[r][v]);
    }
    for (int64_t r = 0; r < HWY_MIN(rows, p.m - i); ++r)
      p.c[i + r] = fold<T>(sums[r], Plus{}) + (p.add ? p.c[i + r] : T{0});
  }
}

void product_float(const SkinnyArguments<float>& p) { products(p); }
void product_double(const SkinnyArguments<double>& p) { products(p); }
void vector_products_float(const SkinnyArguments<float>& p) { vector_products(p); }
void vector_products_double(const SkinnyArguments<double>& p) { vector_products(p); }

}  // namespace
}  // namespace lexigrad::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lexigrad::kernels {
HWY_EXPORT(product_float);
HWY_EXPORT(product_double);
HWY_EXPORT(vector_products_float);
HWY_EXPORT(vector_products_double);

template <>
void skinny_product(int64_t m, int64_t n, int64_t k, const float* a, int64_t a_row, int64_t a_col,
                    const float* b, int64_t ldb, bool add, float* c, int64_t ldc, const Batch& batch) {
  HWY_DYNAMIC_DISPATCH(product_float)({m, n, k, a, a_row, a_col, b, ldb, add, c, ldc, batch});
}
template <>
void skinny_product(int64_t m, int64_t n, int64_t k, const double* a, int64_t a_row, int64_t a_col,
                    const double* b, int64_t ldb, bool add, double* c, int64_t ldc, const Batch& batch) {
  HWY_DYNAMIC_DISPATCH(product_double)({m, n, k, a, a_row, a_col, b, ldb, add, c, ldc, batch});
}

template <>
void matrix_vector(int64_t m, int64_t k, const float* a, int64_t lda, const float* x, bool add, float* y) {
  HWY_DYNAMIC_DISPATCH(vector_products_float)({m, 1, k, a, lda, 1, x, 1, add, y, 1, {}});
}
template <>
void matrix_vector(int64_t m, int64_t k, const double* a, int64_t lda, const double* x, bool add, double* y) {
  HWY_DYNAMIC_DISPATCH(vector_products_double)({m, 1, k, a, lda, 1, x, 1, add, y, 1, {}});
}

template <class T>
void transpose(const T* from, T* to, int64_t rows, int64_t cols) {
  constexpr int64_t side = 16;  // 16 x 16 values: whole cache lines on both sides
  for (int64_t i0 = 0; i0 < rows; i0 += side)
    for (int64_t j0 = 0; j0 < cols; j0 += side)
      for (int64_t j = j0; j < std::min(j0 + side, cols); ++j)
        for (int64_t i = i0; i < std::min(i0 + side, rows); ++i) to[j * rows + i] = from[i * cols + j];
}
template void transpose<float>(const float*, float*, int64_t, int64_t);
template void transpose<double>(const double*, double*, int64_t, int64_t);
}  // namespace lexigrad::kernels
#endif
