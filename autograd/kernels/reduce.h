// Reductions in a fixed order, so that the bits are the same on every instruction set: 128 bytes of virtual
// lanes (32 float, 16 double), folded in halves after each 4096 values; the totals of those go on in double.
// T is float or double.
#pragma once
#include <cstdint>

namespace lexigrad::kernels {

/// Sum of n contiguous values; 0 for n = 0.
template <class T>
T sum(const T* x, int64_t n);

/// Sum of products of n contiguous pairs (each product rounded to T); a may be b.
template <class T>
T dot(const T* a, const T* b, int64_t n);

/// y[j] += x[i * row_stride + j] for i = 0..rows-1 in order, j = 0..cols-1, as so many additions of T. y lies
/// outside x.
template <class T>
void add_rows(T* y, const T* x, int64_t rows, int64_t cols, int64_t row_stride);

}  // namespace lexigrad::kernels
