#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor argsort(const Tensor& x, int64_t dim, bool descending) {
  wrap_dim("argsort", dim, std::max<int64_t>(1, x.rank()));
  return sort(x.detach(), dim, descending).indices;
}

EXAMPLE(
    argsort, .shapes = {{{3, 70}}, {{2, 0}}},
    .apply = [](const std::vector<Tensor>& in) { return argsort(in[0], -1, true); },
    .reference =
        [](const std::vector<Tensor>& in) {  // a place's rank is the number of larger values
          int64_t n = in[0].size(1);
          Tensor y = zeros(in[0].shape(), float64);
          for (int64_t i = 0; i < y.numel(); ++i) {
            const double* row = in[0].data<double>() + i / n * n;
            auto larger = std::count_if(row, row + n, [&](double v) { return v > row[i % n]; });
            y.data<double>()[i / n * n + larger] = static_cast<double>(i % n);
          }
          return y;
        },
    .bad =
        [] {
          argsort(ones({2, 3}), -3);
        },
    .error = "[argsort] Dimension -3 is outside a tensor of rank 2 (valid are -2..1)",
    .differentiable = false);

}  // namespace lexigrad
