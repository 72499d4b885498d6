// Layer and root-mean-square normalisation of one contiguous row of n values, n >= 1. T is float or double.
// Sums run in the order of kernels::sum.
#pragma once
#include <cstdint>

namespace lexigrad::kernels {

/// What a row is normalised by: (x - mean) * scale.
template <class T>
struct RowMoments {
  T mean, scale;
};

/// Sum of (x - mean)^2.
template <class T>
T squared_deviations(const T* x, T mean, int64_t n);

/// y = (x - mean) * scale * weight + bias. A null bias is 0; y may be x.
template <class T>
void normalise(const T* x, RowMoments<T> row, const T* weight, const T* bias, T* y, int64_t n);

/// With h = (x - mean) * scale and g = dy * weight: dx = scale * (g - mean(g) - h * mean(g * h)), without
/// mean(g) where the row is not centred. dx may be dy.
template <class T>
void normalise_gradient(const T* x, RowMoments<T> row, bool centred, const T* weight, const T* dy, T* dx,
                        int64_t n);

/// dweight += dy * h and dbias += dy, row after row of x and dy (rows, n).
template <class T>
void normalise_weight_gradient(const T* x, const RowMoments<T>* moments, const T* dy, int64_t rows,
                               T* dweight, T* dbias, int64_t n);

}  // namespace lexigrad::kernels
