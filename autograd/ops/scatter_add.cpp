#include "lexigrad/autograd/ops/shared/index.h"
#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor scatter_add(const Tensor& x, int64_t dim, const Tensor& ids, const Tensor& source) {
  dim = wrap_dim_or_scalar("scatter_add", dim, x.rank());
  if (x.rank() == 0) {
    auto list = [](const Tensor& each) { return each.rank() == 0 ? unsqueeze(each, 0) : each; };
    return reshape(scatter_add(list(x), 0, list(ids), list(source)), {});
  }
  Tensor used = detail::scatter_source("scatter_add", x, dim, ids, source);
  Tensor y = clone(x.detach());
  detail::put(y, used, detail::everywhere(y, dim, ids), dim, detail::Put::add);
  return record("scatter_add", std::move(y), {x, used}, [dim, ids = Saved(ids)](const Tensor& dy, Grads& dx) {
    dx[0] += dy;
    if (dx.needs(1)) dx[1] += gather(dy, dim, ids);
  });
}
Tensor Tensor::scatter_add(int64_t dim, const Tensor& ids, const Tensor& source) const {
  return lexigrad::scatter_add(*this, dim, ids, source);
}

EXAMPLE(
    scatter_add, .shapes = {{{3, 4}, {2, 3}}, {{3, 4}, {4, 3}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return scatter_add(in[0], 1, tensor({{3, 0, 3}, {1, 1, 1}}), in[1]);
        },
    .reference =
        [](const std::vector<Tensor>& in) {
          Tensor y = in[0].clone();
          int64_t ids[] = {3, 0, 3, 1, 1, 1};
          for (int64_t i = 0; i < 6; ++i) y.data<double>()[i / 3 * 4 + ids[i]] += in[1].data<double>()[i];
          return y;
        },
    .bad =
        [] {
          scatter_add(ones({2, 3}), 1, tensor({{0, 4}}), ones({1, 2}));
        },
    .error =
        "[scatter_add] Id 4 at position [0, 1] is outside dimension 1 of a tensor of shape [2, 3] (valid "
        "are 0..2)");
EXAMPLE(
    scatter_add, .shapes = {{{}, {}}},
    .apply = [](const std::vector<Tensor>& in) { return scatter_add(in[0], -1, tensor(0, int64), in[1]); },
    .reference = elementwise([](double a, double b) { return a + b; }));

}  // namespace lexigrad
