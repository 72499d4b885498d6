// Elementwise functions as modules, for Sequential.
#pragma once
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/nn/module.h"

namespace lexigrad::nn {

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
