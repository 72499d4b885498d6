#include <cmath>

#include "lexigrad/autograd/ops/shared/extremes.h"
#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor amin(const Tensor& x, const std::vector<int64_t>& dims, bool keepdim) {
  return detail::extreme("amin", detail::Extreme::smallest, x, &dims, keepdim);
}

static Tensor amin_reference(const Tensor& x, int64_t outer, int64_t rows, int64_t cols, const Shape& shape) {
  Tensor y = full(shape, INFINITY, float64);
  for (int64_t i = 0; i < outer * rows * cols; ++i) {
    double& best = y.data<double>()[i / (rows * cols) * cols + i % cols];
    best = std::min(best, x.data<double>()[i]);
  }
  return y;
}

EXAMPLE(
    amin, .shapes = {{{3, 4, 5}}, {{2, 300, 700}}, {{0, 2, 3}}},
    .apply = [](const std::vector<Tensor>& in) { return amin(in[0], {1}); },
    .reference =
        [](const std::vector<Tensor>& in) {
          const Shape& s = in[0].shape();
          return amin_reference(in[0], s[0], s[1], s[2], {s[0], s[2]});
        },
    .bad =
        [] {
          amin(ones({2, 0}), {0, 1});
        },
    .error = "[amin] Dimension 1 of a tensor of shape [2, 0] is empty: there is nothing to choose from");
EXAMPLE(
    amin, .shapes = {{{3, 4, 5}}, {{30, 20, 50}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return amin(in[0], {0, -1}, true);
        },
    .reference =
        [](const std::vector<Tensor>& in) {
          const Shape& s = in[0].shape();
          Tensor first = amin_reference(in[0], 1, s[0], s[1] * s[2], {s[1], s[2]});
          return amin_reference(first, s[1], s[2], 1, {1, s[1], 1});
        },
    .bad =
        [] {
          amin(ones({2, 3}), {1, -1});
        },
    .error = "[amin] Dimension 1 is named twice");
EXAMPLE(
    amin, .shapes = {{{3, 4}}, {{70, 1000}}, {{}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return in[0].rank() == 0 ? amin(in[0], {}) : amin(in[0], {0, 1});
        },
    .reference =
        [](const std::vector<Tensor>& in) { return amin_reference(in[0], 1, in[0].numel(), 1, {}); });

}  // namespace lexigrad
