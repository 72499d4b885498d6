// Elementwise kernels. Strides are in elements and may be 0 (one value for all) or negative;
// outputs are contiguous. T is float or double, where nothing else is said. An output may be
// the same pointer as a contiguous input; any other overlap is not allowed. NaN stays NaN, but
// for the gradient of relu (1 at NaN, as in PyTorch) and of neg.
#pragma once
#include <cstdint>

namespace lexigrad::kernels {

enum class Unary {
  neg,
  abs,
  square,
  exp,
  log,
  tanh,
  relu,
  sigmoid,
  sqrt,
  rsqrt,
  silu,
  softplus,
  gelu,
  gelu_tanh
};
enum class Binary { add, sub, mul, div };
enum class Compare { eq, ne, lt, le, gt, ge };

/// y[i] = f(x[i * x_stride]), within 3 ulp (gelu, gelu_tanh: 4 epsilon * |x|). silu is x * sigmoid(x),
/// softplus log(1 + e^x), gelu x * Phi(x); gelu_tanh
/// is 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))). Both give NaN at -inf, as in PyTorch.
template <class T>
void unary(Unary f, const T* x, int64_t x_stride, T* y, int64_t n);

/// dx[i] = dy[i] * f'. `saved` is y for exp, tanh, sigmoid, sqrt, rsqrt; x for others;
/// unread for neg. At 0, abs and relu have slope 0.
template <class T>
void unary_gradient(Unary f, const T* saved, const T* dy, T* dx, int64_t n);

/// y[i] = a[i * a_stride] f b[i * b_stride], the same bits on every instruction set. T may be
/// int64_t as well: sums and products wrap, division truncates towards zero and gives 0 for a
/// zero divisor (callers who mind check before).
template <class T>
void binary(Binary f, const T* a, int64_t a_stride, const T* b, int64_t b_stride, T* y, int64_t n);

/// y[i] = a[i * a_stride] f b[i * b_stride]. T may be int64_t and bool as well. NaN is unequal to all.
template <class T>
void compare(Compare f, const T* a, int64_t a_stride, const T* b, int64_t b_stride, bool* y, int64_t n);

/// y[i] += scale * x[i], one rounding where the machine has fused multiply-add, else two.
template <class T>
void add_scaled(T* y, const T* x, T scale, int64_t n);

/// y[i] *= scale.
template <class T>
void scale(T* y, T scale, int64_t n);

}  // namespace lexigrad::kernels
