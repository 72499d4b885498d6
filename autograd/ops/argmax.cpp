#include <algorithm>

#include "lexigrad/autograd/ops/shared/extremes.h"
#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor argmax(const Tensor& x) {
  return detail::extreme_along("argmax", detail::Extreme::largest, x.detach().reshape({x.numel()}), 0, false)
      .indices;
}

Tensor argmax(const Tensor& x, int64_t dim, bool keepdim) {
  return detail::extreme_along("argmax", detail::Extreme::largest, x.detach(), dim, keepdim).indices;
}

EXAMPLE(
    argmax, .shapes = {{{3, 4}}, {{}}, {{200, 300}}},
    .apply = [](const std::vector<Tensor>& in) { return argmax(in[0]); },
    .reference =
        [](const std::vector<Tensor>& in) {
          std::vector<double> v = in[0].to_vector<double>();
          return tensor(static_cast<double>(std::max_element(v.begin(), v.end()) - v.begin()), float64);
        },
    .bad =
        [] {
          argmax(ones({2, 0}), 1);
        },
    .error = "[argmax] Dimension 1 of a tensor of shape [2, 0] is empty: there is nothing to choose from",
    .differentiable = false);
EXAMPLE(
    argmax, .shapes = {{{3, 70}}, {{0, 3}}},
    .apply = [](const std::vector<Tensor>& in) { return argmax(in[0], -1, true); },
    .reference =
        [](const std::vector<Tensor>& in) {
          int64_t n = in[0].size(1);
          Tensor y = zeros({in[0].size(0), 1}, float64);
          for (int64_t r = 0; r < y.numel(); ++r) {
            const double* row = in[0].data<double>() + r * n;
            y.data<double>()[r] = static_cast<double>(std::max_element(row, row + n) - row);
          }
          return y;
        },
    .differentiable = false);

}  // namespace lexigrad
