// Softmax kernels over one contiguous row of n values, and the tile steps of the fused head. T is float or
// double. An output may be the same pointer as an input. Sums run in the order of kernels::sum.
#pragma once
#include <cstdint>

namespace lexigrad::kernels {

/// y = exp(x - max) / sum. A NaN anywhere makes the row NaN; a row of -inf gives NaN as in PyTorch.
template <class T>
void softmax(const T* x, T* y, int64_t n);

/// y = x - max - log sum exp(x - max), to the last digits where that sum is near 1.
template <class T>
void log_softmax(const T* x, T* y, int64_t n);

/// dx = y * (dy - sum(dy * y)) for y = softmax(x).
template <class T>
void softmax_gradient(const T* y, const T* dy, T* dx, int64_t n);

/// dx = dy - exp(y) * sum(dy) for y = log_softmax(x).
template <class T>
void log_softmax_gradient(const T* y, const T* dy, T* dx, int64_t n);

/// Largest of n values, -inf for n = 0. A NaN may be passed by: the sums below have it.
template <class T>
T row_max(const T* x, int64_t n);

/// x[i] = exp(x[i] - max) in place, for the row's largest; returns their sum without the 1 that the first of
/// the largest adds: log1p() of it is log sum exp(x - max), exact for a row that one value rules. What is less
/// than the least normal number becomes 0, here and below. NaN where no finite value is the largest.
template <class T>
T exp_beside_max(T* x, T max, int64_t n);

/// The same sum, x untouched.
template <class T>
T sum_exp_beside_max(const T* x, T max, int64_t n);

/// dx[i] = scale * exp(x[i] - shift).
template <class T>
void scaled_exp_shifted(const T* x, T shift, T scale, T* dx, int64_t n);

}  // namespace lexigrad::kernels
