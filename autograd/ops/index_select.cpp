#include "lexigrad/autograd/ops/shared/index.h"
#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor index_select(const Tensor& x, int64_t dim, const Tensor& ids) {
  dim = wrap_dim_or_scalar("index_select", dim, x.rank());
  if (x.rank() == 0) {
    check(ids.numel() == 1, "index_select", "A scalar has one entry, ids ", ids.shape(), " name ",
          ids.numel());
    return select(index_select(unsqueeze(x, 0), 0, ids), 0, 0);
  }
  check(ids.rank() <= 1, "index_select", "Ids must be a list, got shape ", ids.shape(),
        ". Hint: index(x, {ids}) takes any shape");
  detail::check_ids("index_select", ids, x.shape(), dim);
  return record("index_select", detail::take(x, detail::ids_along(x, dim, ids)), {x},
                [whole = x.shape(), dim, ids = Saved(ids)](const Tensor& dy, Grads& dx) {
                  dx[0] += index_add(zeros(whole, dy.dtype()), dim, ids, dy);
                });
}
Tensor Tensor::index_select(int64_t dim, const Tensor& ids) const {
  return lexigrad::index_select(*this, dim, ids);
}

EXAMPLE(
    index_select, .shapes = {{{3, 4, 2}}, {{2, 4, 0}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return index_select(in[0], 1, tensor({3, 0, 3}));
        },
    .reference =
        [](const std::vector<Tensor>& in) {
          int64_t n = in[0].size(0), m = in[0].size(2);
          Tensor y = zeros({n, 3, m}, float64);
          for (int64_t i = 0; i < y.numel(); ++i)
            y.data<double>()[i] =
                in[0].data<double>()[(i / m / 3 * 4 + (i / m % 3 == 1 ? 0 : 3)) * m + i % m];
          return y;
        },
    .bad =
        [] {
          index_select(ones({2, 3}), 1, tensor({0, 3}));
        },
    .error =
        "[index_select] Id 3 at position 1 is outside dimension 1 of a tensor of shape [2, 3] (valid are "
        "0..2)");

}  // namespace lexigrad
