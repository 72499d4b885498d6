#include "lexigrad/autograd/ops/shared/matrix.h"

#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tensor/strided.h"

namespace lexigrad::detail {
namespace {

constexpr int64_t kSmallWork = 1 << 18;  // multiply-adds that a block of small products has at least

Shape batch_of(const Shape& shape) {
  return Shape(std::span<const int64_t>(shape.data(), static_cast<size_t>(shape.rank() - 2)));
}

// The matrices of one operand, without copies where BLAS can read them.
template <class T>
struct Matrices {
  Tensor held;
  kernels::Operand<T> first;
  Shape strides;  // over the batch of the result

  Matrices(const Tensor& x, const Shape& batch)
      : first(operand<T>(x, held)),
        strides(broadcast_strides(batch_of(held.shape()), batch_of(held.strides()), batch)) {}
  kernels::Operand<T> at(int64_t index, const Shape& batch) const {
    kernels::Operand<T> out = first;
    for (int64_t d = batch.rank() - 1; d >= 0; index /= batch[d--]) out.data += index % batch[d] * strides[d];
    return out;
  }
};

// The stride between the rows of x (..., n, k) seen as one matrix; -1 where there is none.
int64_t row_stride(const Tensor& x) {
  int64_t first = -1, next = 0;
  for (int64_t d = x.rank() - 2; d >= 0; --d) {
    int64_t stride = x.strides()[d];
    if (x.shape()[d] == 1) continue;
    if (first < 0)
      first = stride;
    else if (stride != next)
      return -1;
    next = stride * x.shape()[d];
  }
  return first < 0 ? x.shape().back() : first;
}

}  // namespace

void multiply_into(const Tensor& a, const Tensor& b, bool add, const Tensor& y) {
  int64_t n = a.size(-2), k = a.size(-1), m = b.size(-1), ld = std::max<int64_t>(m, 1);
  int64_t stride = a.rank() > 2 && b.rank() == 2 && y.numel() > 0 ? row_stride(a) : -1;
  if (stride >= 0) {
    int64_t rows = y.numel() / m;
    return multiply_into(new_view(a, {rows, k}, {stride, a.strides().back()}, 0), b, add,
                         new_view(y, {rows, m}, {m, 1}, 0));
  }
  Shape batch = batch_of(y.shape());
  dispatch_floating("matmul", y.dtype(), [&]<class T>(T) {
    T beta = add ? T{1} : T{0}, *to = pointer<T>(y);
    Matrices<T> x(a, batch), z(b, batch);
    if (batch.numel() == 1) return kernels::gemm<T>(n, m, k, x.first, z.first, beta, to, ld);
    int64_t grain = std::max<int64_t>(1, kSmallWork / std::max<int64_t>(n * m * k, 1));
    parallel_ranges(batch.numel(), grain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin, run = 0; i < end; i += run) {  // along the last dimension of the batch
        run = std::min(end - i, batch.back() - i % batch.back());
        kernels::gemm_batch<T>(n, m, k, x.at(i, batch), z.at(i, batch), beta, to + i * n * m, ld,
                               {run, x.strides.back(), z.strides.back(), n * m});
      }
    });
  });
}

}  // namespace lexigrad::detail
