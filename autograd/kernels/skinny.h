// Products of a long matrix with one that stays in the first cache: no packing, which costs more than the
// product when only some dozens of rows meet a whole vocabulary.
#pragma once
#include <cstdint>

namespace lexigrad::kernels {

/// Rows up to which the skinny product beats a BLAS that packs.
inline constexpr int64_t kSkinnyRows = 64;

/// `count` products one after another: their matrices lie this many elements apart.
struct Batch {
  int64_t count = 1, a = 0, b = 0, c = 0;
};

/// c (m, n; row length ldc) = a (m, k) b (k, n; row length ldb) + (add ? c : 0). Element (i, j) of a is
/// a[i * a_row + j * a_col]. Sums run over k in order; the bits do not depend on how m is cut.
template <class T>
void skinny_product(int64_t m, int64_t n, int64_t k, const T* a, int64_t a_row, int64_t a_col, const T* b,
                    int64_t ldb, bool add, T* c, int64_t ldc, const Batch& batch = {});

/// y[i] = <row i of a (m, k; row length lda), x> + (add ? y[i] : 0): reads a once, at the speed of memory.
/// Sums run in the order of kernels::sum, whatever m is.
template <class T>
void matrix_vector(int64_t m, int64_t k, const T* a, int64_t lda, const T* x, bool add, T* y);

/// to (cols, rows) = the transpose of from (rows, cols), both contiguous.
template <class T>
void transpose(const T* from, T* to, int64_t rows, int64_t cols);

}  // namespace lexigrad::kernels
