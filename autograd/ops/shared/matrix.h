// Tensors as operands of kernels::gemm.
#pragma once
#include <algorithm>

#include "lexigrad/autograd/kernels/gemm.h"
#include "lexigrad/autograd/tensor/tensor_body.h"

namespace lexigrad::detail {

/// The last two dimensions of x as an operand; `held` keeps the copy that strides outside BLAS's reach need.
template <class T>
kernels::Operand<T> operand(const Tensor& x, Tensor& held) {
  auto fits = [&](const Tensor& t, int64_t row, int64_t col) {
    int64_t rank = t.rank(), inner = t.shape()[rank + col], outer_stride = t.strides()[rank + row];
    return (t.strides()[rank + col] == 1 || inner <= 1) &&
           (outer_stride >= std::max<int64_t>(inner, 1) || t.shape()[rank + row] <= 1);
  };
  held = x;
  bool trans = !fits(x, -2, -1) && fits(x, -1, -2);
  if (!trans && !fits(x, -2, -1)) held = x.detach().contiguous();
  int64_t row = trans ? -1 : -2, inner = held.shape()[held.rank() + (trans ? -2 : -1)];
  int64_t ld = std::max({held.strides()[held.rank() + row], inner, int64_t{1}});
  return {pointer<T>(held), ld, trans};
}

/// y = a b, or y += a b where `add`: a (..., n, k) and b (..., k, m) of y's dtype whose batch dimensions
/// broadcast to those of the contiguous y (..., n, m). Broadcast, transposed and sliced operands are read
/// where they are; one whose matrices have neither rows nor columns of stride 1 is copied.
void multiply_into(const Tensor& a, const Tensor& b, bool add, const Tensor& y);

}  // namespace lexigrad::detail
