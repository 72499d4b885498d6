// Functions that are the identity, or nearly, above 0, as modules.
#pragma once
#include <string>

#include "lexigrad/nn/layers/activations/activation.h"

namespace lexigrad::nn {

/// x, times a slope where x <= 0.
class LeakyReLU final : public Module {
 public:
  explicit LeakyReLU(double negative_slope = 0.01) : negative_slope_(negative_slope) {}
  Tensor forward(const Tensor& x) const { return leaky_relu(x, negative_slope_); }

 private:
  std::string extra_repr() const override { return text("negative_slope=", negative_slope_); }

  double negative_slope_;
  LEXIGRAD_MODULE(LeakyReLU)
};

/// x, times a slope that trains where x <= 0 (He et al. 2015): one for all, or one for each channel, which is
/// dimension 1 of x.
class PReLU final : public Module {
 public:
  explicit PReLU(int64_t num_parameters = 1, double init = 0.25) {
    check(num_parameters > 0, "PReLU", "Needs at least one slope, got ", num_parameters);
    weight_ = Parameter(full({num_parameters}, init));
  }

  Tensor forward(const Tensor& x) const {
    int64_t slopes = weight_.numel();
    check(slopes == 1 || (x.rank() > 1 && x.size(1) == slopes), "PReLU", "There are ", slopes,
          " slopes, and dimension 1 of ", x.shape(), " has another size");
    Shape shape(x.rank(), 1);
    if (x.rank() > 1) shape[1] = slopes;
    return relu(x) + weight_.reshape(shape) * clamp(x, {}, 0);
  }

  const ParameterRef& weight() const { return weight_; }

 private:
  std::string extra_repr() const override { return text("num_parameters=", weight_.numel()); }

  Parameter weight_;
  LEXIGRAD_MODULE(PReLU, weight_)
};

/// x where x > 0, else alpha (e^x - 1) (Clevert, Unterthiner and Hochreiter 2016).
class ELU final : public Module {
 public:
  explicit ELU(double alpha = 1) : alpha_(alpha) {}
  Tensor forward(const Tensor& x) const { return where(gt(x, 0.0), x, expm1(clamp(x, {}, 0)) * alpha_); }

 private:
  std::string extra_repr() const override { return text("alpha=", alpha_); }

  double alpha_;
  LEXIGRAD_MODULE(ELU)
};

/// min(max(x, 0), 6).
class ReLU6 final : public Module {
 public:
  Tensor forward(const Tensor& x) const { return detail::hardtanh(x, 0, 6); }

 private:
  LEXIGRAD_MODULE(ReLU6)
};

/// log(1 + e^(beta x)) / beta, and x itself where beta x > threshold.
class Softplus final : public Module {
 public:
  explicit Softplus(double beta = 1, double threshold = 20) : beta_(beta), threshold_(threshold) {}
  Tensor forward(const Tensor& x) const { return softplus(x, beta_, threshold_); }

 private:
  std::string extra_repr() const override { return text("beta=", beta_, ", threshold=", threshold_); }

  double beta_, threshold_;
  LEXIGRAD_MODULE(Softplus)
};

/// x tanh(log(1 + e^x)) (Misra 2019).
class Mish final : public Module {
 public:
  Tensor forward(const Tensor& x) const { return x * tanh(softplus(x)); }

 private:
  LEXIGRAD_MODULE(Mish)
};

}  // namespace lexigrad::nn
