// Elementwise kernels. Strides are in elements and may be 0 (one value for all) or negative; outputs are contiguous.
// T is float or double; NaN stays NaN in every kernel.
#pragma once
#include <cstdint>

namespace lexigrad::kernels {

enum class Unary { neg, abs, square, exp, log, tanh, relu, sigmoid, gelu, gelu_tanh };
enum class Binary { add, sub, mul, div };
enum class Compare { eq, ne, lt, le, gt, ge };

/// y[i] = f(x[i * x_stride]).
template <class T>
void unary(Unary f, const T* x, int64_t x_stride, T* y, int64_t n);

/// dx[i] = dy[i] * f'. `saved` is y for exp, tanh, sigmoid and x for abs, square, log, relu, gelu, gelu_tanh.
template <class T>
void unary_gradient(Unary f, const T* saved, const T* dy, T* dx, int64_t n);

/// y[i] = a[i * a_stride] f b[i * b_stride]. T may be int64_t as well (division then truncates towards zero).
template <class T>
void binary(Binary f, const T* a, int64_t a_stride, const T* b, int64_t b_stride, T* y, int64_t n);

/// y[i] = a[i * a_stride] f b[i * b_stride]. T may be int64_t as well.
template <class T>
void compare(Compare f, const T* a, int64_t a_stride, const T* b, int64_t b_stride, bool* y, int64_t n);

/// y[i] += scale * x[i], one rounding (fused multiply-add where the machine has it).
template <class T>
void add_scaled(T* y, const T* x, T scale, int64_t n);

/// y[i] *= scale.
template <class T>
void scale(T* y, T scale, int64_t n);

}  // namespace lexigrad::kernels
