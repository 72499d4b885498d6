#include <cmath>

#include "lexigrad/autograd/ops/shared/normalise.h"
#include "lexigrad/autograd/ops/shared/op.h"

namespace lexigrad {

static double epsilon(const Tensor& x, std::optional<double> eps) {
  if (eps) return *eps;
  return x.dtype() == float32 ? std::numeric_limits<float>::epsilon()
                              : std::numeric_limits<double>::epsilon();
}

Tensor rms_norm(const Tensor& x, const Tensor& weight, std::optional<double> eps) {
  if (!weight.defined()) return rms_norm(x, ones({x.rank() ? x.size(-1) : 1}, x.dtype()), eps);
  auto [y, moments] = detail::normalise("rms_norm", x, weight, Tensor(), epsilon(x, eps));
  return record("rms_norm", std::move(y), {x, weight},
                [x = Saved(x), weight = Saved(weight), moments = moments, eps](const Tensor& dy, Grads& dx) {
                  if (grad_enabled())
                    return detail::composed_gradients(
                        [eps](const std::vector<Tensor>& in) { return rms_norm_composed(in[0], in[1], eps); },
                        {x, weight}, dy, dx);
                  const bool wanted[] = {dx.needs(0), dx.needs(1), false};
                  auto found = detail::normalise_gradient(x, weight, moments, false, dy, wanted);
                  if (wanted[0]) dx[0] += std::move(found.dx);
                  if (wanted[1]) dx[1] += std::move(found.dweight);
                });
}

Tensor rms_norm_composed(const Tensor& x, const Tensor& weight, std::optional<double> eps) {
  Tensor y = x * rsqrt(mean(square(x), {-1}, true) + epsilon(x, eps));
  return weight.defined() ? y * weight : y;
}

static Tensor rms_norm_reference(const std::vector<Tensor>& in, double eps) {
  Tensor y = zeros(in[0].shape(), float64);
  int64_t n = in[0].size(-1);
  for (int64_t i = 0; i < y.numel(); ++i) {
    const double* row = in[0].data<double>() + i / n * n;
    double squares = 0;
    for (int64_t k = 0; k < n; ++k) squares += row[k] * row[k];
    y.data<double>()[i] =
        row[i % n] / std::sqrt(squares / static_cast<double>(n) + eps) * in[1].data<double>()[i % n];
  }
  return y;
}

EXAMPLE(
    rms_norm,
    .shapes =
        {{{3, 4}, {4}}, {{2, 3, 37}, {37}}, {{5}, {5}}, {{0, 3}, {3}}, {{2, 0}, {0}}, {{70, 1000}, {1000}}},
    .apply = [](const std::vector<Tensor>& in) { return rms_norm(in[0], in[1], 1e-6); },
    .reference = [](const std::vector<Tensor>& in) { return rms_norm_reference(in, 1e-6); },
    .bad =
        [] {
          rms_norm(ones({2, 3}), ones({3}, float64));
        },
    .error = "[rms_norm] x is float32, weight float64. Hint: x.to(dtype) converts");
EXAMPLE(
    rms_norm, .shapes = {{{3, 4}, {4}}},
    .apply = [](const std::vector<Tensor>& in) { return rms_norm_composed(in[0], in[1], 0.1); },
    .reference = [](const std::vector<Tensor>& in) { return rms_norm_reference(in, 0.1); });

}  // namespace lexigrad
