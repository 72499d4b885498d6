#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor narrow(const Tensor& x, int64_t dim, int64_t start, int64_t length) {
  dim = wrap_dim("narrow", dim, x.rank());
  int64_t size = x.shape()[dim], from = start < 0 ? start + size : start;
  check(from >= 0 && from <= size && length >= 0 && length <= size - from, "narrow", "Entries ", start, "..",
        length < 1 ? start : add_sizes("narrow", start, length - 1), " are not all in dimension ", dim,
        " of a tensor of shape ", x.shape());
  return slice(x, dim, from, from + length);
}
Tensor Tensor::narrow(int64_t dim, int64_t start, int64_t length) const {
  return lexigrad::narrow(*this, dim, start, length);
}

EXAMPLE(
    narrow, .shapes = {{{3, 7}}, {{0, 5}}},
    .apply = [](const std::vector<Tensor>& in) { return narrow(in[0], 1, -4, 3); },
    .reference =
        [](const std::vector<Tensor>& in) {
          int64_t n = in[0].size(1);
          Tensor y = zeros({in[0].size(0), 3}, float64);
          for (int64_t i = 0; i < y.numel(); ++i)
            y.data<double>()[i] = in[0].data<double>()[i / 3 * n + n - 4 + i % 3];
          return y;
        },
    .bad =
        [] {
          narrow(ones({2, 3}), 1, 2, 2);
        },
    .error = "[narrow] Entries 2..3 are not all in dimension 1 of a tensor of shape [2, 3]");

}  // namespace lexigrad
