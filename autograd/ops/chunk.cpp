#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

std::vector<Tensor> chunk(const Tensor& x, int64_t chunks, int64_t dim) {
  dim = wrap_dim("chunk", dim, x.rank());
  check(chunks > 0, "chunk", "Needs at least one chunk, got ", chunks);
  int64_t whole = x.shape()[dim];
  if (whole == 0) return split(x, std::vector<int64_t>(static_cast<size_t>(chunks), 0), dim);
  return split(x, (whole - 1) / chunks + 1, dim);
}
std::vector<Tensor> Tensor::chunk(int64_t chunks, int64_t dim) const {
  return lexigrad::chunk(*this, chunks, dim);
}

EXAMPLE(
    chunk, .shapes = {{{3, 5}}},
    .apply =
        [](const std::vector<Tensor>& in) { return chunk(in[0], 3, 1).back() * chunk(in[0], 2, 1).front(); },
    .reference =
        [](const std::vector<Tensor>& in) {
          Tensor y = zeros({3, 3}, float64);
          for (int64_t i = 0; i < 9; ++i) {
            const double* row = in[0].data<double>() + i / 3 * 5;
            y.data<double>()[i] = row[4] * row[i % 3];
          }
          return y;
        },
    .bad =
        [] {
          chunk(ones({2, 3}), 0);
        },
    .error = "[chunk] Needs at least one chunk, got 0");

}  // namespace lexigrad
