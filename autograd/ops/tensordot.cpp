#include <algorithm>
#include <numeric>

#include "lexigrad/autograd/ops/shared/op.h"
#include "lexigrad/autograd/ops/shared/reduce.h"

namespace lexigrad {
namespace {

// The dimensions of x that are not listed.
std::vector<int64_t> others(const Tensor& x, const std::vector<int64_t>& dims) {
  std::vector<int64_t> listed = detail::checked_dims("tensordot", dims, x.rank()), rest;
  for (int64_t d = 0; d < x.rank(); ++d)
    if (!std::binary_search(listed.begin(), listed.end(), d)) rest.push_back(d);
  return rest;
}

std::vector<int64_t> joined(std::vector<int64_t> a, const std::vector<int64_t>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

Shape sizes(const Tensor& x, const std::vector<int64_t>& dims) {
  Shape shape;
  for (int64_t d : dims) shape = shape.with(shape.rank(), x.size(d));
  return shape;
}

}  // namespace

Tensor tensordot(const Tensor& a, const Tensor& b, const std::vector<int64_t>& dims_a,
                 const std::vector<int64_t>& dims_b) {
  std::vector<int64_t> rest_a = others(a, dims_a), rest_b = others(b, dims_b);
  Shape shared = sizes(a, dims_a);
  check(shared == sizes(b, dims_b), "tensordot", "Dimensions of sizes ", shared, " meet those of sizes ",
        sizes(b, dims_b));
  Shape left = sizes(a, rest_a), right = sizes(b, rest_b);
  Tensor x = permute(a, joined(rest_a, dims_a)).reshape({left.numel(), shared.numel()});
  Tensor y = permute(b, joined(dims_b, rest_b)).reshape({shared.numel(), right.numel()});
  for (int64_t size : right) left = left.with(left.rank(), size);
  return matmul(x, y).reshape(left);
}

Tensor tensordot(const Tensor& a, const Tensor& b, int64_t dims) {
  check(dims >= 0 && dims <= std::min(a.rank(), b.rank()), "tensordot", "Cannot sum over ", dims,
        " dimensions of tensors of shapes ", a.shape(), " and ", b.shape());
  std::vector<int64_t> last(static_cast<size_t>(dims)), first(static_cast<size_t>(dims));
  std::iota(last.begin(), last.end(), a.rank() - dims);
  std::iota(first.begin(), first.end(), 0);
  return tensordot(a, b, last, first);
}

EXAMPLE(
    tensordot, .shapes = {{{2, 3}, {3, 4}}, {{2, 0}, {0, 4}}},
    .apply = [](const std::vector<Tensor>& in) { return tensordot(in[0], in[1], 1); },
    .reference =
        [](const std::vector<Tensor>& in) {
          int64_t k = in[0].size(1);
          Tensor y = zeros({2, 4}, float64);
          for (int64_t i = 0; i < 8 * k; ++i)
            y.data<double>()[i / k] +=
                in[0].data<double>()[i / k / 4 * k + i % k] * in[1].data<double>()[i % k * 4 + i / k % 4];
          return y;
        },
    .bad =
        [] {
          tensordot(ones({2, 3}), ones({4, 3}), 1);
        },
    .error = "[tensordot] Dimensions of sizes [3] meet those of sizes [4]");
EXAMPLE(
    tensordot, .shapes = {{{2, 3, 4}, {4, 5, 2}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return tensordot(in[0], in[1], {0, 2}, {-1, 0});
        },
    .reference =
        [](const std::vector<Tensor>& in) {  // y[j][m] = sum over i, k of a[i][j][k] b[k][m][i]
          Tensor y = zeros({3, 5}, float64);
          for (int64_t at = 0; at < 120; ++at) {
            int64_t i = at / 60, k = at / 15 % 4, j = at / 5 % 3, m = at % 5;
            y.data<double>()[j * 5 + m] +=
                in[0].data<double>()[i * 12 + j * 4 + k] * in[1].data<double>()[k * 10 + m * 2 + i];
          }
          return y;
        },
    .bad =
        [] {
          tensordot(ones({2, 3}), ones({3}), 2);
        },
    .error = "[tensordot] Cannot sum over 2 dimensions of tensors of shapes [2, 3] and [3]");

}  // namespace lexigrad
