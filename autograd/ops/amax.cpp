#include <cmath>

#include "lexigrad/autograd/ops/shared/extremes.h"
#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor amax(const Tensor& x, const std::vector<int64_t>& dims, bool keepdim) {
  return detail::extreme("amax", detail::Extreme::largest, x, &dims, keepdim);
}

static Tensor amax_reference(const Tensor& x, int64_t outer, int64_t rows, int64_t cols, const Shape& shape) {
  Tensor y = full(shape, -INFINITY, float64);
  for (int64_t i = 0; i < outer * rows * cols; ++i) {
    double& best = y.data<double>()[i / (rows * cols) * cols + i % cols];
    best = std::max(best, x.data<double>()[i]);
  }
  return y;
}

EXAMPLE(
    amax, .shapes = {{{3, 4, 5}}, {{2, 300, 700}}, {{0, 2, 3}}},
    .apply = [](const std::vector<Tensor>& in) { return amax(in[0], {1}); },
    .reference =
        [](const std::vector<Tensor>& in) {
          const Shape& s = in[0].shape();
          return amax_reference(in[0], s[0], s[1], s[2], {s[0], s[2]});
        },
    .bad =
        [] {
          amax(ones({2, 0}), {0, 1});
        },
    .error = "[amax] Dimension 1 of a tensor of shape [2, 0] is empty: there is nothing to choose from");
EXAMPLE(
    amax, .shapes = {{{3, 4, 5}}, {{30, 20, 50}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return amax(in[0], {0, -1}, true);
        },
    .reference =
        [](const std::vector<Tensor>& in) {
          const Shape& s = in[0].shape();
          Tensor first = amax_reference(in[0], 1, s[0], s[1] * s[2], {s[1], s[2]});
          return amax_reference(first, s[1], s[2], 1, {1, s[1], 1});
        },
    .bad =
        [] {
          amax(ones({2, 3}), {1, -1});
        },
    .error = "[amax] Dimension 1 is named twice");
EXAMPLE(
    amax, .shapes = {{{3, 4}}, {{70, 1000}}, {{}}},
    .apply =
        [](const std::vector<Tensor>& in) {
          return in[0].rank() == 0 ? amax(in[0], {}) : amax(in[0], {0, 1});
        },
    .reference =
        [](const std::vector<Tensor>& in) { return amax_reference(in[0], 1, in[0].numel(), 1, {}); });

}  // namespace lexigrad
