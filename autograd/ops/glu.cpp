#include <cmath>

#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor glu(const Tensor& x, int64_t dim) {
  dim = wrap_dim("glu", dim, x.rank());
  int64_t n = x.shape()[dim];
  check(n % 2 == 0, "glu", "Dimension ", dim, " of a tensor of shape ", x.shape(),
        " has no halves: its size must be even");
  return narrow(x, dim, 0, n / 2) * sigmoid(narrow(x, dim, n / 2, n / 2));
}

EXAMPLE(
    glu, .shapes = {{{3, 4}}, {{3, 0}}, {{0, 2}}},
    .apply = [](const std::vector<Tensor>& in) { return glu(in[0]); },
    .reference =
        [](const std::vector<Tensor>& in) {
          int64_t n = in[0].size(1) / 2;
          Tensor y = zeros({in[0].size(0), n}, float64);
          for (int64_t i = 0; i < y.numel(); ++i) {
            const double* row = in[0].data<double>() + i / n * 2 * n;
            y.data<double>()[i] = row[i % n] / (1 + std::exp(-row[n + i % n]));
          }
          return y;
        },
    .bad =
        [] {
          glu(ones({2, 3}));
        },
    .error = "[glu] Dimension 1 of a tensor of shape [2, 3] has no halves: its size must be even");

}  // namespace lexigrad
