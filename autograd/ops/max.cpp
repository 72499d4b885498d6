#include <algorithm>

#include "lexigrad/autograd/ops/shared/extremes.h"
#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor max(const Tensor& x) { return detail::extreme("max", detail::Extreme::largest, x, nullptr, false); }

ValuesIndices max(const Tensor& x, int64_t dim, bool keepdim) {
  return detail::extreme_along("max", detail::Extreme::largest, x, dim, keepdim);
}

EXAMPLE(
    max, .shapes = {{{3, 4}}, {{}}, {{200, 300}}},
    .apply = [](const std::vector<Tensor>& in) { return max(in[0]); },
    .reference =
        [](const std::vector<Tensor>& in) {
          std::vector<double> v = in[0].to_vector<double>();
          return tensor(*std::max_element(v.begin(), v.end()), float64);
        },
    .bad =
        [] {
          max(ones({0, 2}));
        },
    .error = "[max] Dimension 0 of a tensor of shape [0, 2] is empty: there is nothing to choose from");
EXAMPLE(
    max, .shapes = {{{3, 70}}, {{0, 3}}, {{1, 70000}}},
    .apply = [](const std::vector<Tensor>& in) { return max(in[0], 1, true).values; },
    .reference =
        [](const std::vector<Tensor>& in) {
          int64_t n = in[0].size(1);
          Tensor y = zeros({in[0].size(0), 1}, float64);
          for (int64_t r = 0; r < y.numel(); ++r)
            y.data<double>()[r] =
                *std::max_element(in[0].data<double>() + r * n, in[0].data<double>() + r * n + n);
          return y;
        },
    .bad =
        [] {
          max(ones({2, 3}), 2);
        },
    .error = "[max] Dimension 2 is outside a tensor of rank 2 (valid are -2..1)");
EXAMPLE(
    max, .shapes = {{{3, 5, 70}}, {{2, 3, 0}}},
    .apply = [](const std::vector<Tensor>& in) { return max(in[0], 1).values; },
    .reference =
        [](const std::vector<Tensor>& in) {
          int64_t n = in[0].size(1), inner = in[0].size(2);
          Tensor y = zeros({in[0].size(0), inner}, float64);
          for (int64_t i = 0; i < y.numel(); ++i) {
            const double* column = in[0].data<double>() + i / inner * n * inner + i % inner;
            y.data<double>()[i] = column[0];
            for (int64_t k = 1; k < n; ++k)
              y.data<double>()[i] = std::max(y.data<double>()[i], column[k * inner]);
          }
          return y;
        });

}  // namespace lexigrad
