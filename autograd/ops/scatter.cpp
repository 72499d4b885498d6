// scatter, index_copy and index_fill.
#include "lexigrad/autograd/ops/shared/index.h"
#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {
namespace {

// True where no later position has written the same element.
Tensor stays(const Shape& whole, int64_t dim, const Tensor& ids) {
  Tensor order = arange(ids.numel()).reshape(ids.shape());
  return eq(gather(scatter(zeros(whole, int64), dim, ids, order), dim, ids), order);
}

// The list `ids` for dimension `dim` as ids of x's rank, one for each element to be written.
Tensor spread(const char* op, const Tensor& x, int64_t dim, const Tensor& ids) {
  check(ids.rank() <= 1, op, "Ids must be a list, got shape ", ids.shape());
  detail::check_ids(op, ids, x.shape(), dim);
  Shape column(x.rank(), 1), whole = x.shape();
  column[dim] = whole[dim] = ids.numel();
  return expand(ids.reshape(column), whole);
}

}  // namespace

Tensor scatter(const Tensor& x, int64_t dim, const Tensor& ids, const Tensor& source) {
  if (x.rank() == 0 && ids.rank() == 0 && source.rank() == 0)
    return squeeze(scatter(unsqueeze(x, 0), dim, unsqueeze(ids, 0), unsqueeze(source, 0)), 0);
  dim = wrap_dim("scatter", dim, x.rank());
  Tensor used = detail::scatter_source("scatter", x, dim, ids, source), y = clone(x.detach());
  detail::put(y, used, detail::everywhere(y, dim, ids), dim, detail::Put::replace);
  return record("scatter", std::move(y), {x, used}, [dim, ids = Saved(ids)](const Tensor& dy, Grads& dx) {
    if (dx.needs(0)) dx[0] += scatter(dy, dim, ids, 0);
    if (dx.needs(1)) dx[1] += where(stays(dy.shape(), dim, ids), gather(dy, dim, ids), 0);
  });
}

Tensor scatter(const Tensor& x, int64_t dim, const Tensor& ids, double value) {
  return scatter(x, dim, ids, expand(full({}, value, x.dtype()), ids.shape()));
}
Tensor Tensor::scatter(int64_t dim, const Tensor& ids, const Tensor& source) const {
  return lexigrad::scatter(*this, dim, ids, source);
}
Tensor Tensor::scatter(int64_t dim, const Tensor& ids, double value) const {
  return lexigrad::scatter(*this, dim, ids, value);
}

Tensor index_copy(const Tensor& x, int64_t dim, const Tensor& ids, const Tensor& source) {
  dim = wrap_dim("index_copy", dim, x.rank());
  Tensor places = spread("index_copy", x, dim, ids);
  check(source.shape() == places.shape(), "index_copy", "Source must have shape ", places.shape(), " for ",
        ids.numel(), " ids, got ", source.shape());
  check(source.dtype() == x.dtype(), "index_copy", "x is ", name(x.dtype()), ", source ",
        name(source.dtype()), ". Hint: x.to(dtype) converts");
  return scatter(x, dim, places, source);
}
Tensor Tensor::index_copy(int64_t dim, const Tensor& ids, const Tensor& source) const {
  return lexigrad::index_copy(*this, dim, ids, source);
}

Tensor index_fill(const Tensor& x, int64_t dim, const Tensor& ids, double value) {
  dim = wrap_dim("index_fill", dim, x.rank());
  return scatter(x, dim, spread("index_fill", x, dim, ids), value);
}
Tensor Tensor::index_fill(int64_t dim, const Tensor& ids, double value) const {
  return lexigrad::index_fill(*this, dim, ids, value);
}

EXAMPLE(
    scatter, .shapes = {{{3, 4}, {2, 3}}, {{3, 4}, {4, 3}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return scatter(in[0], 1, tensor({{3, 0, 3}, {1, 1, 1}}), in[1]);
        },
    .reference =
        [](const std::vector<Tensor>& in) {
          Tensor y = in[0].clone();
          int64_t ids[] = {3, 0, 3, 1, 1, 1};
          for (int64_t i = 0; i < 6; ++i) y.data<double>()[i / 3 * 4 + ids[i]] = in[1].data<double>()[i];
          return y;
        },
    .bad =
        [] {
          scatter(ones({2, 3}), 1, tensor({{0, 4}}), ones({1, 2}));
        },
    .error =
        "[scatter] Id 4 at position [0, 1] is outside dimension 1 of a tensor of shape [2, 3] (valid are 0..2)");
EXAMPLE(
    scatter, .shapes = {{{3, 2}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return scatter(in[0], 0, tensor({{1, 2}}), -1.5);
        },
    .reference =
        [](const std::vector<Tensor>& in) {
          const double* x = in[0].data<double>();
          return tensor({{x[0], x[1]}, {-1.5, x[3]}, {x[4], -1.5}}, float64);
        });
EXAMPLE(
    scatter, .shapes = {{{}, {}}},
    .apply = [](const std::vector<Tensor>& in) { return scatter(in[0], 0, tensor(0, int64), in[1]); },
    .reference = [](const std::vector<Tensor>& in) { return in[1]; });
EXAMPLE(
    index_copy, .shapes = {{{2, 3, 2}, {2, 4, 2}}, {{0, 3, 2}, {0, 4, 2}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return index_copy(in[0], 1, tensor({2, 0, 2, 2}), in[1]);
        },
    .reference =
        [](const std::vector<Tensor>& in) {
          Tensor y = in[0].clone();
          int64_t rows[] = {2, 0, 2, 2};
          for (int64_t i = 0; i < in[1].numel(); ++i)
            y.data<double>()[(i / 8 * 3 + rows[i / 2 % 4]) * 2 + i % 2] = in[1].data<double>()[i];
          return y;
        },
    .bad =
        [] {
          index_copy(ones({3, 2}), 0, tensor({0, 1}), ones({3, 2}));
        },
    .error = "[index_copy] Source must have shape [2, 2] for 2 ids, got [3, 2]");
EXAMPLE(
    index_fill, .shapes = {{{2, 3}}, {{0, 3}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return index_fill(in[0], 1, tensor({2, 0}), 7);
        },
    .reference =
        [](const std::vector<Tensor>& in) {
          Tensor y = in[0].clone();
          for (int64_t i = 0; i < y.numel(); ++i)
            if (i % 3 != 1) y.data<double>()[i] = 7;
          return y;
        },
    .bad =
        [] {
          index_fill(ones({3, 2}), 0, tensor({3}), 0);
        },
    .error =
        "[index_fill] Id 3 at position 0 is outside dimension 0 of a tensor of shape [3, 2] (valid are 0..2)");

}  // namespace lexigrad
