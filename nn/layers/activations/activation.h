// Elementwise functions as modules, for Sequential.
#pragma once
#include <limits>
#include <string>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/nn/module.h"

namespace lexigrad::nn {

namespace detail {
/// x held between the bounds, with gradient 0 at them, as in PyTorch.
inline Tensor hardtanh(const Tensor& x, double low, double high) {
  return where(logical_and(gt(x, low), lt(x, high)), x, clamp(x.detach(), low, high));
}
}  // namespace detail

/// Hyperbolic tangent.
class Tanh final : public Module {
 public:
  Tensor forward(const Tensor& x) const { return tanh(x); }

 private:
  LEXIGRAD_MODULE(Tanh)
};

/// max(x, 0).
class ReLU final : public Module {
 public:
  Tensor forward(const Tensor& x) const { return relu(x); }

 private:
  LEXIGRAD_MODULE(ReLU)
};

/// x / (1 + e^-x).
class SiLU final : public Module {
 public:
  Tensor forward(const Tensor& x) const { return silu(x); }

 private:
  LEXIGRAD_MODULE(SiLU)
};

/// 1 / (1 + e^-x).
class Sigmoid final : public Module {
 public:
  Tensor forward(const Tensor& x) const { return sigmoid(x); }

 private:
  LEXIGRAD_MODULE(Sigmoid)
};

/// log(1 / (1 + e^-x)), without overflow.
class LogSigmoid final : public Module {
 public:
  Tensor forward(const Tensor& x) const { return -softplus(-x, 1, std::numeric_limits<double>::infinity()); }

 private:
  LEXIGRAD_MODULE(LogSigmoid)
};

/// x / (1 + |x|).
class Softsign final : public Module {
 public:
  Tensor forward(const Tensor& x) const { return x / (abs(x) + 1); }

 private:
  LEXIGRAD_MODULE(Softsign)
};

/// x held between two bounds.
class Hardtanh final : public Module {
 public:
  explicit Hardtanh(double min_val = -1, double max_val = 1) : min_val_(min_val), max_val_(max_val) {
    check(min_val < max_val, "Hardtanh", "The bounds are ", min_val, " and ", max_val,
          " (valid: min_val < max_val)");
  }
  Tensor forward(const Tensor& x) const { return detail::hardtanh(x, min_val_, max_val_); }

 private:
  std::string extra_repr() const override { return text("min_val=", min_val_, ", max_val=", max_val_); }

  double min_val_, max_val_;
  LEXIGRAD_MODULE(Hardtanh)
};

/// x Phi(x), exact or in its tanh form.
class GELU final : public Module {
 public:
  explicit GELU(GeluForm form = GeluForm::exact) : form_(form) {}
  Tensor forward(const Tensor& x) const { return gelu(x, form_); }

 private:
  std::string extra_repr() const override {
    return form_ == GeluForm::exact ? "approximate='none'" : "approximate='tanh'";
  }

  GeluForm form_;
  LEXIGRAD_MODULE(GELU)
};

}  // namespace lexigrad::nn
