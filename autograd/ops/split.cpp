#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

std::vector<Tensor> split(const Tensor& x, const std::vector<int64_t>& sizes, int64_t dim) {
  dim = wrap_dim("split", dim, x.rank());
  int64_t left = x.shape()[dim];
  for (int64_t size : sizes) left = size >= 0 && size <= left ? left - size : -1;
  check(left == 0, "split", "Sizes ", Shape(sizes), " do not add up to dimension ", dim,
        " of a tensor of shape ", x.shape());
  std::vector<Tensor> parts;
  int64_t at = 0;
  for (int64_t size : sizes) {
    Shape shape = x.shape();
    shape[dim] = size;
    parts.push_back(detail::new_view(x, shape, x.strides(), at * x.strides()[dim]));
    at += size;
  }
  return record("split", std::move(parts), {x}, [dim, sizes](const OutputGrads& dy, Grads& dx) {
    if (dy.present().size() == dy.size()) return dx[0] += cat(dy.present(), dim);
    for (size_t k = 0, from = 0; k < sizes.size(); from += static_cast<size_t>(sizes[k++])) {
      int64_t start = static_cast<int64_t>(from);
      if (dy.has(k)) dx[0] += SliceGrad{dy[k], dim, start, start + sizes[k], 1};
    }
  });
}

std::vector<Tensor> split(const Tensor& x, int64_t size, int64_t dim) {
  dim = wrap_dim("split", dim, x.rank());
  int64_t whole = x.shape()[dim];
  check(size > 0 || (size == 0 && whole == 0), "split", "Parts of size ", size, " do not cut dimension ", dim,
        " of a tensor of shape ", x.shape());
  std::vector<int64_t> sizes;
  for (int64_t at = 0; at < whole; at += size) sizes.push_back(std::min(size, whole - at));
  if (sizes.empty()) sizes.push_back(0);
  return split(x, sizes, dim);
}
std::vector<Tensor> Tensor::split(int64_t size, int64_t dim) const {
  return lexigrad::split(*this, size, dim);
}
std::vector<Tensor> Tensor::split(const std::vector<int64_t>& sizes, int64_t dim) const {
  return lexigrad::split(*this, sizes, dim);
}

// (x[:, :2] + 1) * x[:, 3:], for x (n, 5).
static Tensor split_reference(const Tensor& x) {
  Tensor y = zeros({x.size(0), 2}, float64);
  for (int64_t i = 0; i < y.numel(); ++i) {
    const double* row = x.data<double>() + i / 2 * 5;
    y.data<double>()[i] = (row[i % 2] + 1) * row[3 + i % 2];
  }
  return y;
}

EXAMPLE(
    split, .shapes = {{{3, 5}}, {{0, 5}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          std::vector<Tensor> parts = split(in[0], {2, 1, 2}, -1);
          return (parts[0] + 1) * parts[2];
        },
    .reference = [](const std::vector<Tensor>& in) { return split_reference(in[0]); },
    .bad =
        [] {
          split(ones({2, 3}), {2, 2}, 1);
        },
    .error = "[split] Sizes [2, 2] do not add up to dimension 1 of a tensor of shape [2, 3]");
EXAMPLE(
    split, .shapes = {{{3, 5}}, {{2, 5}}},
    .apply = [](const std::vector<Tensor>& in) { return split(in[0], 2, 1); },
    .reference =
        [](const std::vector<Tensor>& in) {
          int64_t rows = in[0].size(0);
          std::vector<Tensor> parts{zeros({rows, 2}, float64), zeros({rows, 2}, float64),
                                    zeros({rows, 1}, float64)};
          for (int64_t i = 0; i < in[0].numel(); ++i)
            parts[static_cast<size_t>(i % 5 / 2)]
                .data<double>()[i / 5 * (i % 5 < 4 ? 2 : 1) + i % 5 % 2 * (i % 5 < 4)] =
                in[0].data<double>()[i];
          return parts;
        });
EXAMPLE(
    split, .shapes = {{{3, 5}}},
    .apply = [](const std::vector<Tensor>& in) { return split(in[0], 4, 1).back(); },
    .reference =
        [](const std::vector<Tensor>& in) {
          const double* x = in[0].data<double>();
          return tensor({{x[4]}, {x[9]}, {x[14]}}, float64);
        },
    .bad =
        [] {
          split(ones({2, 3}), 0);
        },
    .error = "[split] Parts of size 0 do not cut dimension 0 of a tensor of shape [2, 3]");

}  // namespace lexigrad
