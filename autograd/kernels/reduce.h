// Reductions in a fixed order: 32 virtual lanes and a halving tree, the same bits on every instruction set.
#pragma once
#include <cstdint>

namespace lexigrad::kernels {

/// Sum of n contiguous values.
template <class T>
T sum(const T* x, int64_t n);

/// Sum of products of n contiguous pairs.
template <class T>
T dot(const T* a, const T* b, int64_t n);

/// y[j] += x[i * row_stride + j] for i = 0..rows-1 in order, j = 0..cols-1.
template <class T>
void add_rows(T* y, const T* x, int64_t rows, int64_t cols, int64_t row_stride);

}  // namespace lexigrad::kernels
