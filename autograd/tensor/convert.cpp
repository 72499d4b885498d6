#include "lexigrad/autograd/tensor/convert.h"

#include <cstring>
#include <limits>
#include <type_traits>

#include "lexigrad/autograd/tensor/strided.h"
#include "lexigrad/autograd/tensor/tensor_body.h"

namespace lexigrad::detail {
namespace {

// A number that no int64 holds becomes the least one, as x86's own instruction and PyTorch there have it.
template <class To, class From>
To converted(From x) {
  if constexpr (std::is_same_v<To, int64_t> && !std::is_integral_v<From>)
    if (auto value = static_cast<double>(x); !(value >= -0x1p63 && value < 0x1p63))
      return std::numeric_limits<int64_t>::min();
  return static_cast<To>(x);
}

template <class To, class From>
void convert(const From* x, int64_t stride, To* y, int64_t n) {
  if constexpr (std::is_same_v<To, From>) {
    if (stride == 1) {
      std::memcpy(y, x, static_cast<size_t>(n) * sizeof(To));
      return;
    }
  }
  for (int64_t i = 0; i < n; ++i) y[i] = converted<To>(x[i * stride]);
}

}  // namespace

Tensor cast(const Tensor& x, Dtype dtype) {
  if (x.dtype() == dtype) return x;
  Tensor y = new_tensor(x.shape(), dtype);
  convert_into(y, x);
  return y;
}

void convert_into(const Tensor& target, const Tensor& source) {
  StridedLoop<1> loop(source.shape(), {source.strides()});
  dispatch_stored(source.dtype(), [&]<class From>(From) {
    dispatch_stored(target.dtype(), [&]<class To>(To) {
      loop.run([&](const std::array<int64_t, 1>& at, int64_t out, int64_t n) {
        convert(pointer<From>(source) + at[0], loop.inner(0), pointer<To>(target) + out, n);
      });
    });
  });
}

void scatter_into(const Tensor& target, const Tensor& source) {
  Tensor from = cast(source, target.dtype());
  StridedLoop<2> loop(target.shape(), {target.strides(), from.strides()});
  dispatch_stored(target.dtype(), [&]<class T>(T) {
    loop.run([&](const std::array<int64_t, 2>& at, int64_t, int64_t n) {
      T* to = pointer<T>(target) + at[0];
      const T* x = pointer<T>(from) + at[1];
      for (int64_t i = 0; i < n; ++i) to[i * loop.inner(0)] = x[i * loop.inner(1)];
    });
  });
}

}  // namespace lexigrad::detail
