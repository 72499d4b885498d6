#include "lexigrad/autograd/ops/shared/op.h"
#include "lexigrad/autograd/ops/shared/reduce.h"

namespace lexigrad {

Tensor flip(const Tensor& x, const Dims& dims) {
  Shape strides = x.strides();
  int64_t last = 0;
  for (int64_t d : detail::checked_dims("flip", dims, x.rank())) {
    last += std::max<int64_t>(x.shape()[d] - 1, 0) * strides[d];
    strides[d] = -strides[d];
  }
  Tensor y = clone(detail::new_view(x, x.shape(), strides, x.numel() > 0 ? last : 0));
  return record("flip", std::move(y), {x}, [dims](const Tensor& dy, Grads& dx) { dx[0] += flip(dy, dims); });
}
Tensor Tensor::flip(const Dims& dims) const { return lexigrad::flip(*this, dims); }

EXAMPLE(
    flip, .shapes = {{{3, 4, 2}}, {{2, 0, 3}}, {{1, 2, 5}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return flip(in[0], {0, -1});
        },
    .reference =
        [](const std::vector<Tensor>& in) {
          Tensor y = zeros(in[0].shape(), float64);
          int64_t n = in[0].size(0), m = in[0].size(1), k = in[0].size(2);
          for (int64_t i = 0; i < y.numel(); ++i)
            y.data<double>()[i] =
                in[0].data<double>()[((n - 1 - i / k / m) * m + i / k % m) * k + k - 1 - i % k];
          return y;
        },
    .bad =
        [] {
          flip(ones({2, 3}), {1, -1});
        },
    .error = "[flip] Dimension 1 is named twice");

}  // namespace lexigrad
