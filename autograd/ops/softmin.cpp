#include <cmath>

#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor softmin(const Tensor& x, int64_t dim) {
  wrap_dim("softmin", dim, std::max<int64_t>(1, x.rank()));
  return softmax(neg(x), dim);
}

EXAMPLE(
    softmin, .shapes = {{{3, 4}}, {{0, 4}}},
    .apply = [](const std::vector<Tensor>& in) { return softmin(in[0]); },
    .reference =
        [](const std::vector<Tensor>& in) {
          Tensor y = zeros(in[0].shape(), float64);
          for (int64_t i = 0; i < y.numel(); ++i) {
            const double *x = in[0].data<double>(), *row = x + i / 4 * 4;
            double total = std::exp(-row[0]) + std::exp(-row[1]) + std::exp(-row[2]) + std::exp(-row[3]);
            y.data<double>()[i] = std::exp(-x[i]) / total;
          }
          return y;
        },
    .bad =
        [] {
          softmin(ones({2, 3}), 2);
        },
    .error = "[softmin] Dimension 2 is outside a tensor of rank 2 (valid are -2..1)");

}  // namespace lexigrad
