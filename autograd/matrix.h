// Tensors as operands of kernels::gemm.
#pragma once
#include <algorithm>

#include "lexigrad/autograd/body.h"
#include "lexigrad/autograd/kernels/gemm.h"

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

}  // namespace lexigrad::detail
