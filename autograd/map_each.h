// Elementwise functions without a kernel of their own: a plain loop over a lambda, any strides, off the tape.
#pragma once
#include "lexigrad/autograd/body.h"
#include "lexigrad/autograd/strided.h"

namespace lexigrad::detail {

/// y[i] = f(x[i]) in dtype `to`; f is called with x's own type.
template <class F>
Tensor map_each(const Tensor& x, Dtype to, const F& f) {
  Tensor y = new_tensor(get(x).shape, to);
  StridedLoop<1> loop(x.shape(), {x.strides()});
  dispatch(x.dtype(), [&]<class T>(T) {
    dispatch(to, [&]<class U>(U) {
      loop.run([&](const std::array<int64_t, 1>& at, int64_t out, int64_t n) {
        const T* from = pointer<T>(x) + at[0];
        U* into = pointer<U>(y) + out;
        for (int64_t i = 0; i < n; ++i) into[i] = static_cast<U>(f(from[i * loop.inner(0)]));
      });
    });
  });
  return y;
}

/// y[i] = f(x[i]) for float32 and float64.
template <class F>
Tensor map_floating(const char* op, const Tensor& x, const F& f) {
  Tensor y = new_tensor(get(x).shape, x.dtype());
  StridedLoop<1> loop(x.shape(), {x.strides()});
  dispatch_floating(op, x.dtype(), [&]<class T>(T) {
    loop.run([&](const std::array<int64_t, 1>& at, int64_t out, int64_t n) {
      const T* from = pointer<T>(x) + at[0];
      T* into = pointer<T>(y) + out;
      for (int64_t i = 0; i < n; ++i) into[i] = f(from[i * loop.inner(0)]);
    });
  });
  return y;
}

/// y[i] = f(a[i], b[i]), broadcast, for two operands of one dtype, in dtype `to`.
template <class F>
Tensor map_each(const char* op, const Tensor& a, const Tensor& b, Dtype to, const F& f) {
  Tensor y = new_tensor(broadcast(op, get(a).shape, get(b).shape), to);
  StridedLoop<2> loop(y.shape(), {broadcast_strides(a.shape(), a.strides(), y.shape()),
                                  broadcast_strides(b.shape(), b.strides(), y.shape())});
  dispatch(a.dtype(), [&]<class T>(T) {
    dispatch(to, [&]<class U>(U) {
      loop.run([&](const std::array<int64_t, 2>& at, int64_t out, int64_t n) {
        const T *u = pointer<T>(a) + at[0], *v = pointer<T>(b) + at[1];
        U* into = pointer<U>(y) + out;
        for (int64_t i = 0; i < n; ++i)
          into[i] = static_cast<U>(f(u[i * loop.inner(0)], v[i * loop.inner(1)]));
      });
    });
  });
  return y;
}

}  // namespace lexigrad::detail
