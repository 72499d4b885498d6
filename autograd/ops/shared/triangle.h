// The two triangles of matrices, for tril and triu.
#pragma once
#include "lexigrad/autograd/tensor/strided.h"
#include "lexigrad/autograd/tensor/tensor_body.h"

namespace lexigrad::detail {

/// x (..., n, m) with zeros where not keep(column - row); off the tape.
template <class Keep>
Tensor triangle(const char* op, const Tensor& x, const Keep& keep) {
  int64_t rank = x.rank();
  check(rank >= 2, op, "Needs matrices (..., n, m), got shape ", x.shape());
  Tensor y = new_tensor(x.shape(), x.dtype());
  Shape diagonal(rank, 0);  // walked as an operand, its offset is column - row
  diagonal[rank - 2] = -1;
  diagonal[rank - 1] = 1;
  StridedLoop<2> loop(x.shape(), {x.strides(), diagonal});
  dispatch(x.dtype(), [&]<class T>(T) {
    loop.run([&](const std::array<int64_t, 2>& at, int64_t out, int64_t n) {
      const T* from = pointer<T>(x) + at[0];
      for (int64_t i = 0; i < n; ++i)
        pointer<T>(y)[out + i] = keep(at[1] + i * loop.inner(1)) ? from[i * loop.inner(0)] : T{};
    });
  });
  return y;
}

}  // namespace lexigrad::detail
