#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {
namespace {

// Windows (..., count, ..., size) added up where they lay in a dimension of `whole` entries: the adjoint.
Tensor fold(const Tensor& windows, int64_t dim, int64_t whole, int64_t step) {
  int64_t count = windows.shape()[dim], size = windows.shape().back();
  Shape shape = windows.shape().without(windows.rank() - 1);
  shape[dim] = whole;
  Tensor y = zeros(shape, windows.dtype()), from = windows.detach();
  for (int64_t k = 0; k < size && count > 0; ++k)
    slice(y, dim, k, k + (count - 1) * step + 1, step).add_(select(from, -1, k));
  return record("fold", std::move(y), {windows},
                [dim, size, step](const Tensor& dy, Grads& dx) { dx[0] += unfold(dy, dim, size, step); });
}

}  // namespace

Tensor unfold(const Tensor& x, int64_t dim, int64_t size, int64_t step) {
  dim = wrap_dim_or_scalar("unfold", dim, x.rank());
  if (x.rank() == 0) return select(unfold(unsqueeze(x, 0), 0, size, step), 0, 0);
  int64_t whole = x.shape()[dim];
  check(size >= 0 && size <= whole && step > 0, "unfold", "Windows of ", size, " in steps of ", step,
        " do not fit dimension ", dim, " of a tensor of shape ", x.shape(), " (valid are sizes 0..", whole,
        ", steps from 1)");
  Shape shape = x.shape().with(x.rank(), size), strides = x.strides().with(x.rank(), x.strides()[dim]);
  shape[dim] = (whole - size) / step + 1;
  if (shape[dim] > 1) strides[dim] *= step;
  return record("unfold", detail::new_view(x, shape, strides, 0), {x},
                [dim, whole, step](const Tensor& dy, Grads& dx) { dx[0] += fold(dy, dim, whole, step); });
}
Tensor Tensor::unfold(int64_t dim, int64_t size, int64_t step) const {
  return lexigrad::unfold(*this, dim, size, step);
}

EXAMPLE(
    unfold, .shapes = {{{7, 2}}, {{3, 2}}, {{8, 0}}},
    .apply = [](const std::vector<Tensor>& in) { return unfold(in[0], 0, 3, 2); },
    .reference =
        [](const std::vector<Tensor>& in) {
          int64_t count = (in[0].size(0) - 3) / 2 + 1, m = in[0].size(1);
          Tensor y = zeros({count, m, 3}, float64);
          for (int64_t i = 0; i < y.numel(); ++i)
            y.data<double>()[i] = in[0].data<double>()[(i / 3 / m * 2 + i % 3) * m + i / 3 % m];
          return y;
        },
    .bad =
        [] {
          unfold(ones({2, 3}), 1, 4, 1);
        },
    .error =
        "[unfold] Windows of 4 in steps of 1 do not fit dimension 1 of a tensor of shape [2, 3] (valid are "
        "sizes 0..3, steps from 1)");

}  // namespace lexigrad
