#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor select(const Tensor& x, int64_t dim, int64_t index) {
  dim = wrap_dim("select", dim, x.rank());
  int64_t size = x.shape()[dim];
  check(size > 0, "select", "Dimension ", dim, " of a tensor of shape ", x.shape(),
        " is empty: it has no index ", index);
  check(-size <= index && index < size, "select", "Index ", index, " is outside dimension ", dim,
        " of a tensor of shape ", x.shape(), " (valid are ", -size, "..", size - 1, ")");
  if (index < 0) index += size;
  return record(
      "select",
      detail::new_view(x, x.shape().without(dim), x.strides().without(dim), index * x.strides()[dim]), {x},
      [dim, index](const Tensor& dy, Grads& dx) {
        Tensor row = dy.reshape(dy.shape().with(dim, 1));
        dx[0] += SliceGrad{row, dim, index, index + 1, 1};
      });
}
Tensor Tensor::select(int64_t dim, int64_t index) const { return lexigrad::select(*this, dim, index); }

EXAMPLE(
    select, .shapes = {{{3, 4}}, {{3, 0}}},
    .apply = [](const std::vector<Tensor>& in) { return select(in[0], 0, -1); },
    .reference =
        [](const std::vector<Tensor>& in) {
          Tensor y = zeros({in[0].size(1)}, float64);
          for (int64_t i = 0; i < y.numel(); ++i)
            y.data<double>()[i] = in[0].data<double>()[2 * in[0].size(1) + i];
          return y;
        },
    .bad =
        [] {
          select(ones({2, 3}), 1, 3);
        },
    .error = "[select] Index 3 is outside dimension 1 of a tensor of shape [2, 3] (valid are -3..2)");

}  // namespace lexigrad
