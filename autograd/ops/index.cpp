#include "lexigrad/autograd/ops/shared/index.h"

#include "lexigrad/autograd/ops/shared/brackets.h"
#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor index(const Tensor& x, const std::vector<Tensor>& ids_or_masks) {
  std::vector<Tensor> ids = detail::without_masks("index", ids_or_masks, x.shape());
  Tensor offsets = detail::checked_offsets("index", ids, x.shape(), x.strides());
  int64_t dims = static_cast<int64_t>(ids.size());
  Tensor y = detail::take(x, detail::leading(x, dims, offsets));
  Shape shape = offsets.shape();
  for (int64_t d = dims; d < x.rank(); ++d) shape = shape.with(shape.rank(), x.shape()[d]);
  return record("index", detail::new_view(y, shape, contiguous_strides(shape), 0), {x},
                [whole = x.shape(), ids = detail::saved(ids)](const Tensor& dy, Grads& dx) {
                  dx[0] += index_put(zeros(whole, dy.dtype()), detail::read(ids), dy, true);
                });
}

EXAMPLE(
    index, .shapes = {{{3, 4, 2}}, {{3, 4, 0}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return index(in[0], {tensor({{2}, {-3}}), tensor({1, -1, 1})});
        },
    .reference =
        [](const std::vector<Tensor>& in) {
          int64_t n = in[0].size(2), rows[] = {2, 0}, columns[] = {1, 3, 1};
          Tensor y = zeros({2, 3, n}, float64);
          for (int64_t i = 0; i < y.numel(); ++i)
            y.data<double>()[i] =
                in[0].data<double>()[(rows[i / n / 3] * 4 + columns[i / n % 3]) * n + i % n];
          return y;
        },
    .bad =
        [] {
          index(ones({2, 3}), {tensor({0, 1}), tensor({2, -4})});
        },
    .error =
        "[index] Id -4 at position 1 of index 1 is outside dimension 1 of a tensor of shape [2, 3] (valid "
        "are -3..2)");
EXAMPLE(
    index, .shapes = {{{5}}},
    .apply = [](const std::vector<Tensor>& in) { return index(in[0], {tensor(-2, int64)}); },
    .reference = [](const std::vector<Tensor>& in) { return tensor(in[0].data<double>()[3], float64); },
    .bad =
        [] {
          index(ones({2}), {tensor({0}), tensor({0})});
        },
    .error = "[index] 2 index tensors do not fit a tensor of shape [2] (valid are 1..1)");

}  // namespace lexigrad
