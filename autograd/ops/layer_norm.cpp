#include <cmath>

#include "lexigrad/autograd/ops/shared/normalise.h"
#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

Tensor layer_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, double eps) {
  if (!weight.defined()) return layer_norm(x, ones({x.rank() ? x.size(-1) : 1}, x.dtype()), bias, eps);
  if (!bias.defined()) return layer_norm(x, weight, zeros(weight.shape(), weight.dtype()), eps);
  auto [y, moments] = detail::normalise("layer_norm", x, weight, bias, eps);
  return record(
      "layer_norm", std::move(y), {x, weight, bias},
      [x = Saved(x), weight = Saved(weight), bias = Saved(bias), moments = moments, eps](const Tensor& dy,
                                                                                         Grads& dx) {
        if (grad_enabled())
          return detail::composed_gradients(
              [eps](const std::vector<Tensor>& in) { return layer_norm_composed(in[0], in[1], in[2], eps); },
              {x, weight, bias}, dy, dx);
        const bool wanted[] = {dx.needs(0), dx.needs(1), dx.needs(2)};
        auto found = detail::normalise_gradient(x, weight, moments, true, dy, wanted);
        if (wanted[0]) dx[0] += std::move(found.dx);
        if (wanted[1]) dx[1] += std::move(found.dweight);
        if (wanted[2]) dx[2] += std::move(found.dbias);
      });
}

Tensor layer_norm_composed(const Tensor& x, const Tensor& weight, const Tensor& bias, double eps) {
  Tensor centred = x - mean(x, {-1}, true);
  Tensor y = centred * rsqrt(mean(square(centred), {-1}, true) + eps);
  if (weight.defined()) y = y * weight;
  return bias.defined() ? y + bias : y;
}

static Tensor layer_norm_reference(const std::vector<Tensor>& in, double eps) {
  Tensor y = zeros(in[0].shape(), float64);
  int64_t n = in[0].size(-1);
  for (int64_t i = 0; i < y.numel(); ++i) {
    const double* row = in[0].data<double>() + i / n * n;
    double mean = 0, variance = 0;
    for (int64_t k = 0; k < n; ++k) mean += row[k] / static_cast<double>(n);
    for (int64_t k = 0; k < n; ++k) variance += (row[k] - mean) * (row[k] - mean) / static_cast<double>(n);
    y.data<double>()[i] = (row[i % n] - mean) / std::sqrt(variance + eps) * in[1].data<double>()[i % n] +
                          in[2].data<double>()[i % n];
  }
  return y;
}

EXAMPLE(
    layer_norm,
    .shapes = {{{3, 4}, {4}, {4}},
               {{2, 3, 37}, {37}, {37}},
               {{5}, {5}, {5}},
               {{0, 3}, {3}, {3}},
               {{2, 0}, {0}, {0}},
               {{70, 1000}, {1000}, {1000}}},
    .apply = [](const std::vector<Tensor>& in) { return layer_norm(in[0], in[1], in[2]); },
    .reference = [](const std::vector<Tensor>& in) { return layer_norm_reference(in, 1e-5); },
    .bad =
        [] {
          layer_norm(ones({2, 3}), ones({2}));
        },
    .error = "[layer_norm] The weight has shape [2], x [2, 3]: weight must have shape [3]");
EXAMPLE(
    layer_norm, .shapes = {{{3, 4}, {4}, {4}}},
    .apply = [](const std::vector<Tensor>& in) { return layer_norm_composed(in[0], in[1], in[2], 0.1); },
    .reference = [](const std::vector<Tensor>& in) { return layer_norm_reference(in, 0.1); });

}  // namespace lexigrad
