#include "lexigrad/autograd/ops/shared/index.h"
#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor gather(const Tensor& x, int64_t dim, const Tensor& ids) {
  dim = wrap_dim_or_scalar("gather", dim, x.rank());
  if (x.rank() == 0 || ids.rank() == 0) {
    Shape whole = ids.shape();
    return reshape(
        gather(x.rank() == 0 ? unsqueeze(x, 0) : x, dim, ids.rank() == 0 ? unsqueeze(ids, 0) : ids), whole);
  }
  bool fits = ids.rank() == x.rank();
  for (int64_t d = 0; fits && d < x.rank(); ++d) fits = d == dim || ids.shape()[d] <= x.shape()[d];
  check(fits, "gather", "Ids of shape ", ids.shape(), " do not fit a tensor of shape ", x.shape(),
        ". Hint: sizes may be larger along dimension ", dim, " only");
  detail::check_ids("gather", ids, x.shape(), dim);
  return record("gather", detail::take(x, detail::everywhere(x, dim, ids)), {x},
                [whole = x.shape(), dim, ids = Saved(ids)](const Tensor& dy, Grads& dx) {
                  dx[0] += scatter_add(zeros(whole, dy.dtype()), dim, ids, dy);
                });
}
Tensor Tensor::gather(int64_t dim, const Tensor& ids) const { return lexigrad::gather(*this, dim, ids); }

EXAMPLE(
    gather, .shapes = {{{3, 4}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return gather(in[0], 0, tensor({{2, 0, 1}, {2, 2, 1}, {0, 0, 0}, {1, 2, 0}}));
        },
    .reference =
        [](const std::vector<Tensor>& in) {
          int64_t ids[] = {2, 0, 1, 2, 2, 1, 0, 0, 0, 1, 2, 0};
          Tensor y = zeros({4, 3}, float64);
          for (int64_t i = 0; i < 12; ++i) y.data<double>()[i] = in[0].data<double>()[ids[i] * 4 + i % 3];
          return y;
        },
    .bad =
        [] {
          gather(ones({2, 3}), 1, tensor({{0, 1}, {2, -1}}));
        },
    .error =
        "[gather] Id -1 at position [1, 1] is outside dimension 1 of a tensor of shape [2, 3] (valid are "
        "0..2)");
EXAMPLE(
    gather, .shapes = {{{}}},
    .apply = [](const std::vector<Tensor>& in) { return gather(in[0], 0, tensor(0, int64)); },
    .reference = elementwise([](double x) { return x; }),
    .bad =
        [] {
          gather(ones({2, 3}), 1, tensor({0}));
        },
    .error =
        "[gather] Ids of shape [1] do not fit a tensor of shape [2, 3]. Hint: sizes may be larger along "
        "dimension 1 only");

}  // namespace lexigrad
