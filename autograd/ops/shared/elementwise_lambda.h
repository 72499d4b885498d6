// Elementwise functions without a kernel of their own: a plain loop over a lambda, any strides, off the tape.
#pragma once
#include "lexigrad/autograd/tensor/strided.h"
#include "lexigrad/autograd/tensor/tensor_body.h"

namespace lexigrad::detail {

/// y[i] = f(x[i]) for elements of type T and a result of type U.
template <class T, class U, class F>
Tensor map_values(const Tensor& x, const F& f) {
  Tensor y = new_tensor(get(x).shape, dtype_of<U>);
  StridedLoop<1> loop(x.shape(), {x.strides()});
  int64_t step = loop.inner(0);
  loop.run([&](const std::array<int64_t, 1>& at, int64_t out, int64_t n) {
    const T* from = pointer<T>(x) + at[0];
    U* into = pointer<U>(y) + out;
    if (step == 1)  // for the compiler's vectors
      for (int64_t i = 0; i < n; ++i) into[i] = static_cast<U>(f(from[i]));
    else
      for (int64_t i = 0; i < n; ++i) into[i] = static_cast<U>(f(from[i * step]));
  });
  return y;
}

/// The same for float32 and float64.
template <class F>
Tensor map_floating(const char* op, const Tensor& x, const F& f) {
  return dispatch_floating(op, get(x).dtype, [&]<class T>(T) { return map_values<T, T>(x, f); });
}

/// y[i] = f(a[i], b[i]), broadcast, for operands of element type T and a result of type U.
template <class T, class U, class F>
Tensor map_pairs(const char* op, const Tensor& a, const Tensor& b, const F& f) {
  Tensor y = new_tensor(broadcast(op, get(a).shape, get(b).shape), dtype_of<U>);
  StridedLoop<2> loop(y.shape(), {broadcast_strides(a.shape(), a.strides(), y.shape()),
                                  broadcast_strides(b.shape(), b.strides(), y.shape())});
  int64_t step_a = loop.inner(0), step_b = loop.inner(1);
  loop.run([&](const std::array<int64_t, 2>& at, int64_t out, int64_t n) {
    const T *u = pointer<T>(a) + at[0], *v = pointer<T>(b) + at[1];
    U* into = pointer<U>(y) + out;
    if (step_a == 1 && step_b == 1)  // for the compiler's vectors
      for (int64_t i = 0; i < n; ++i) into[i] = static_cast<U>(f(u[i], v[i]));
    else
      for (int64_t i = 0; i < n; ++i) into[i] = static_cast<U>(f(u[i * step_a], v[i * step_b]));
  });
  return y;
}

/// The same for float32 and float64.
template <class F>
Tensor map_floating(const char* op, const Tensor& a, const Tensor& b, const F& f) {
  return dispatch_floating(op, get(a).dtype, [&]<class T>(T) { return map_pairs<T, T>(op, a, b, f); });
}

}  // namespace lexigrad::detail
