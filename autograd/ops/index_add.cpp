#include "lexigrad/autograd/ops/shared/index.h"
#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor index_add(const Tensor& x, int64_t dim, const Tensor& ids, const Tensor& source) {
  dim = wrap_dim_or_scalar("index_add", dim, x.rank());
  if (x.rank() == 0) return select(index_add(unsqueeze(x, 0), 0, ids, reshape(source, {1})), 0, 0);
  check(ids.rank() <= 1, "index_add", "Ids must be a list, got shape ", ids.shape());
  Shape shape = x.shape();
  shape[dim] = ids.numel();
  check(source.shape() == shape, "index_add", "Source must have shape ", shape, " for ", ids.numel(),
        " ids, got ", source.shape());
  check(source.dtype() == x.dtype(), "index_add", "x is ", name(x.dtype()), ", source ", name(source.dtype()),
        ". Hint: x.to(dtype) converts");
  detail::check_ids("index_add", ids, x.shape(), dim);
  Tensor y = clone(x.detach());
  detail::put(y, source, detail::ids_along(y, dim, ids), dim, detail::Put::add);
  return record("index_add", std::move(y), {x, source}, [dim, ids = Saved(ids)](const Tensor& dy, Grads& dx) {
    dx[0] += dy;
    if (dx.needs(1)) dx[1] += index_select(dy, dim, ids);
  });
}
Tensor Tensor::index_add(int64_t dim, const Tensor& ids, const Tensor& source) const {
  return lexigrad::index_add(*this, dim, ids, source);
}

EXAMPLE(
    index_add, .shapes = {{{2, 3, 2}, {2, 4, 2}}, {{0, 3, 2}, {0, 4, 2}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return index_add(in[0], 1, tensor({2, 0, 2, 2}), in[1]);
        },
    .reference =
        [](const std::vector<Tensor>& in) {
          Tensor y = in[0].clone();
          int64_t rows[] = {2, 0, 2, 2};
          for (int64_t i = 0; i < in[1].numel(); ++i)
            y.data<double>()[(i / 8 * 3 + rows[i / 2 % 4]) * 2 + i % 2] += in[1].data<double>()[i];
          return y;
        },
    .bad =
        [] {
          index_add(ones({3, 2}), 0, tensor({0, 1}), ones({3, 2}));
        },
    .error = "[index_add] Source must have shape [2, 2] for 2 ids, got [3, 2]");

}  // namespace lexigrad
