// Reductions in a fixed order, so that the bits are the same on every instruction set: 128
// bytes of virtual lanes (32 float, 16 double), folded in halves after each 4096 values; the
// totals of those go on in double. T is float or double.
#pragma once
#include <cstdint>

namespace lexigrad::kernels {

/// Sum of n contiguous values; 0 for n = 0.
template <class T>
T sum(const T* x, int64_t n);

/// Sum of products of n contiguous pairs (each product rounded to T); a may be b.
template <class T>
T dot(const T* a, const T* b, int64_t n);

/// y[j] += x[i * row_stride + j] for i = 0..rows-1 in order, j = 0..cols-1, as so many
/// additions of T. y lies outside x.
template <class T>
void add_rows(T* y, const T* x, int64_t rows, int64_t cols, int64_t row_stride);

/// Bags of rows of a table: ids[offsets[b]] .. ids[offsets[b + 1] - 1] are those of bag b.
template <class T>
struct RowBags {
  const T* table;
  int64_t cols;
  const int64_t *ids, *offsets;
  const T* scales;  ///< of each id, or null for ones
  int64_t skip;     ///< an id that is left out
  bool mean;        ///< of the ids that are not
};

/// Row b of y = the sum or mean of scale * row over bag b, in order from 0, for the bags begin..end-1: one
/// rounding a row where the machine has fused multiply-add, else two. y lies outside the table.
template <class T>
void sum_bags(T* y, const RowBags<T>& bags, int64_t begin, int64_t end);

}  // namespace lexigrad::kernels
