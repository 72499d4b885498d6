#include <algorithm>
#include <numeric>

#include "lexigrad/autograd/ops/shared/brackets.h"
#include "lexigrad/autograd/ops/shared/index.h"
#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {
namespace {

// Positions whose element a later one writes again, in order.
Tensor overwritten(const Tensor& offsets) {
  const int64_t* at = detail::pointer<int64_t>(offsets);
  std::vector<int64_t> order(static_cast<size_t>(offsets.numel())), out;
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return at[a] < at[b]; });
  for (size_t i = 0; i + 1 < order.size(); ++i)
    if (at[order[i]] == at[order[i + 1]]) out.push_back(order[i]);
  std::sort(out.begin(), out.end());
  return tensor(out);
}

// What the values get: where several wrote one element, the last alone.
Tensor values_gradient(const Tensor& dy, const std::vector<Tensor>& ids, bool accumulate) {
  Tensor g = index(dy, ids);
  if (accumulate) return g;
  Tensor offsets = detail::checked_offsets("index_put", ids, dy.shape(), contiguous_strides(dy.shape()));
  Tensor lost = overwritten(offsets);
  if (lost.numel() == 0) return g;
  Shape rows = detail::leading(dy, static_cast<int64_t>(ids.size()), offsets).shape;
  return index_put(g.reshape(rows), {lost}, zeros({}, dy.dtype())).reshape(g.shape());
}

}  // namespace

Tensor index_put(const Tensor& x, const std::vector<Tensor>& ids_or_masks, const Tensor& values,
                 bool accumulate) {
  std::vector<Tensor> ids = detail::without_masks("index_put", ids_or_masks, x.shape());
  Tensor y = clone(x.detach());
  Tensor offsets = detail::checked_offsets("index_put", ids, y.shape(), y.strides());
  detail::Chosen chosen = detail::leading(y, static_cast<int64_t>(ids.size()), offsets);
  Shape shape = offsets.shape();
  for (int64_t d = 1; d < chosen.shape.rank(); ++d) shape = shape.with(shape.rank(), chosen.shape[d]);
  check(values.dtype() == x.dtype(), "index_put", "x is ", name(x.dtype()), ", values ", name(values.dtype()),
        ". Hint: x.to(dtype) converts");
  check(broadcast("index_put", values.shape(), shape) == shape, "index_put", "Values of shape ",
        values.shape(), " do not fill the chosen elements, of shape ", shape);
  detail::put(y, expand(values.detach(), shape).reshape(chosen.shape), chosen, 0,
              accumulate ? detail::Put::add : detail::Put::replace);
  return record("index_put", std::move(y), {x, values},
                [ids = detail::saved(ids), accumulate](const Tensor& dy, Grads& dx) {
                  std::vector<Tensor> at = detail::read(ids);
                  if (dx.needs(0)) dx[0] += accumulate ? dy : index_put(dy, at, zeros({}, dy.dtype()));
                  if (dx.needs(1)) dx[1] += values_gradient(dy, at, accumulate);
                });
}
Tensor Tensor::index_put(const std::vector<Tensor>& ids, const Tensor& values, bool accumulate) const {
  return lexigrad::index_put(*this, ids, values, accumulate);
}

// Rows 2, 0, 2 of x (3, n) take or gain the rows of v (3, n), in order.
static Tensor index_put_reference(const Tensor& x, const Tensor& v, bool accumulate) {
  Tensor y = x.clone();
  int64_t n = x.size(1), rows[] = {2, 0, 2};
  for (int64_t i = 0; i < 3 * n; ++i) {
    double& target = y.data<double>()[rows[i / n] * n + i % n];
    target = (accumulate ? target : 0) + v.data<double>()[v.numel() == n ? i % n : i];
  }
  return y;
}

EXAMPLE(
    index_put, .shapes = {{{3, 4}, {3, 4}}, {{3, 4}, {4}}, {{3, 0}, {3, 0}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return index_put(in[0], {tensor({-1, 0, 2})}, in[1], true);
        },
    .reference = [](const std::vector<Tensor>& in) { return index_put_reference(in[0], in[1], true); },
    .bad =
        [] {
          index_put(ones({3, 2}), {tensor({0, 3})}, ones({2, 2}));
        },
    .error =
        "[index_put] Id 3 at position 1 of index 0 is outside dimension 0 of a tensor of shape [3, 2] "
        "(valid are -3..2)");
EXAMPLE(
    index_put, .shapes = {{{3, 4}, {3, 4}}, {{3, 4}, {4}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return index_put(in[0], {tensor({-1, 0, 2})}, in[1]);
        },
    .reference = [](const std::vector<Tensor>& in) { return index_put_reference(in[0], in[1], false); },
    .bad =
        [] {
          index_put(ones({3, 2}), {tensor({0, 1})}, ones({3, 2}));
        },
    .error =
        "[index_put] Shapes [3, 2] and [2, 2] do not broadcast: dimension -2 has sizes 3 and 2. Hint: sizes "
        "must be equal or 1, counted from the last dimension");

}  // namespace lexigrad
