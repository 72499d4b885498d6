// diagonal and diag_embed: each is the other's gradient, but for the sizes beyond the diagonal.
#include <algorithm>

#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {
namespace {

// Zeros of shape `whole` with dy on the diagonal that dy was read from.
Tensor put_back(const Tensor& dy, const Shape& whole, int64_t offset, int64_t dim1, int64_t dim2) {
  if (dy.numel() == 0) return zeros(whole, dy.dtype());
  Tensor square = diag_embed(dy, offset);
  int64_t n = square.size(-1);
  return movedim(pad(square, {0, whole[dim2] - n, 0, whole[dim1] - n}), {-2, -1}, {dim1, dim2});
}

std::pair<int64_t, int64_t> two_dims(const char* op, int64_t dim1, int64_t dim2, int64_t rank) {
  int64_t first = wrap_dim(op, dim1, rank), second = wrap_dim(op, dim2, rank);
  check(first != second, op, "Dimension ", first, " is named twice");
  return {first, second};
}

}  // namespace

Tensor diagonal(const Tensor& x, int64_t offset, int64_t dim1, int64_t dim2) {
  std::tie(dim1, dim2) = two_dims("diagonal", dim1, dim2, x.rank());
  const Shape &sizes = x.shape(), &strides = x.strides();
  int64_t n =
      offset < 0 ? std::min(sizes[dim1] + offset, sizes[dim2]) : std::min(sizes[dim1], sizes[dim2] - offset);
  n = std::max<int64_t>(n, 0);
  int64_t start = n == 0 ? 0 : offset < 0 ? -offset * strides[dim1] : offset * strides[dim2];
  auto last = [&](const Shape& from, int64_t value) {
    Shape rest = from.without(std::max(dim1, dim2)).without(std::min(dim1, dim2));
    return rest.with(rest.rank(), value);
  };
  Tensor y = detail::new_view(x, last(sizes, n), last(strides, strides[dim1] + strides[dim2]), start);
  return record("diagonal", std::move(y), {x},
                [whole = sizes, offset, dim1, dim2](const Tensor& dy, Grads& dx) {
                  dx[0] += put_back(dy, whole, offset, dim1, dim2);
                });
}
Tensor Tensor::diagonal(int64_t offset, int64_t dim1, int64_t dim2) const {
  return lexigrad::diagonal(*this, offset, dim1, dim2);
}

Tensor diag_embed(const Tensor& x, int64_t offset, int64_t dim1, int64_t dim2) {
  check(x.rank() > 0, "diag_embed", "A scalar has no dimension for a diagonal");
  std::tie(dim1, dim2) = two_dims("diag_embed", dim1, dim2, x.rank() + 1);
  int64_t n = x.size(-1) + std::abs(offset);
  Shape shape = x.shape().without(x.rank() - 1);
  for (int64_t d : {std::min(dim1, dim2), std::max(dim1, dim2)}) shape = shape.with(d, n);
  Tensor y = zeros(shape, x.dtype());
  diagonal(y, offset, dim1, dim2).copy_(x.detach());
  return record("diag_embed", std::move(y), {x}, [offset, dim1, dim2](const Tensor& dy, Grads& dx) {
    dx[0] += diagonal(dy, offset, dim1, dim2);
  });
}
Tensor Tensor::diag_embed(int64_t offset, int64_t dim1, int64_t dim2) const {
  return lexigrad::diag_embed(*this, offset, dim1, dim2);
}

EXAMPLE(
    diagonal, .shapes = {{{3, 4}}, {{5, 2}}, {{3, 0}}},
    .apply = [](const std::vector<Tensor>& in) { return diagonal(in[0]) * 1; },
    .reference =
        [](const std::vector<Tensor>& in) {
          int64_t m = in[0].size(1), n = std::min(in[0].size(0), m);
          Tensor y = zeros({n}, float64);
          for (int64_t i = 0; i < n; ++i) y.data<double>()[i] = in[0].data<double>()[i * m + i];
          return y;
        },
    .bad =
        [] {
          diagonal(ones({2, 3}), 0, 1, -1);
        },
    .error = "[diagonal] Dimension 1 is named twice");
EXAMPLE(
    diagonal, .shapes = {{{4, 2, 3}}},
    .apply = [](const std::vector<Tensor>& in) { return diagonal(in[0], -1, 0, 2) * 1; },
    .reference = [](const std::vector<Tensor>& in) {  // y[j][i] = x[i + 1][j][i]
      Tensor y = zeros({2, 3}, float64);
      for (int64_t i = 0; i < 6; ++i)
        y.data<double>()[i] = in[0].data<double>()[(i % 3 + 1) * 6 + i / 3 * 3 + i % 3];
      return y;
    });
EXAMPLE(
    diag_embed, .shapes = {{{2, 3}}, {{0, 3}}},
    .apply = [](const std::vector<Tensor>& in) { return diag_embed(in[0], 1); },
    .reference =
        [](const std::vector<Tensor>& in) {
          Tensor y = zeros({in[0].size(0), 4, 4}, float64);
          for (int64_t i = 0; i < in[0].numel(); ++i)
            y.data<double>()[i / 3 * 16 + i % 3 * 5 + 1] = in[0].data<double>()[i];
          return y;
        },
    .bad = [] { diag_embed(tensor(1.0)); }, .error = "[diag_embed] A scalar has no dimension for a diagonal");
EXAMPLE(
    diag_embed, .shapes = {{{2, 3}}},
    .apply = [](const std::vector<Tensor>& in) { return diag_embed(in[0], -1, 2, 0); },
    .reference = [](const std::vector<Tensor>& in) {  // y[i][b][i + 1] = x[b][i]
      Tensor y = zeros({4, 2, 4}, float64);
      for (int64_t i = 0; i < 6; ++i)
        y.data<double>()[i % 3 * 8 + i / 3 * 4 + i % 3 + 1] = in[0].data<double>()[i];
      return y;
    });

}  // namespace lexigrad
