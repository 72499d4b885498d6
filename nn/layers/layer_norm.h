// Normalisation of each vector by its mean and variance.
#pragma once
#include <string>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/nn/module.h"

namespace lexigrad::nn {

struct LayerNormOptions {
  double eps = 1e-5;
  bool affine = true;  ///< has a weight (ones at first)
  bool bias = true;    ///< and a bias (zeros at first)
};

/// (x - mean) / sqrt(variance + eps) * weight + bias over the last dimension of x (..., dim)
/// (Ba, Kiros and Hinton 2016). torch.nn.LayerNorm.
class LayerNorm final : public Layer {
 public:
  explicit LayerNorm(int64_t dim, const LayerNormOptions& options = {}) : dim_(dim), eps_(options.eps) {
    check(dim > 0, "LayerNorm", "Needs at least one column, got ", dim);
    if (!options.affine) return;
    weight_ = Parameter(ones({dim}));
    if (options.bias) bias_ = Parameter(zeros({dim}));
  }

  Tensor forward(const Tensor& x) const override {
    check(x.rank() > 0 && x.size(-1) == dim_, "LayerNorm", "The input's last dimension is that of ",
          x.shape(), ", the layer's width ", dim_);
    return layer_norm(x, weight_, bias_, eps_);
  }

  /// Undefined where there is none.
  const ParameterRef& weight() const { return weight_; }
  const ParameterRef& bias() const { return bias_; }

 private:
  std::string extra_repr() const override {
    return text("(", dim_, ",), eps=", eps_, ", elementwise_affine=", weight_.defined() ? "True" : "False");
  }

  int64_t dim_;
  double eps_;
  Parameter weight_, bias_;
  LEXIGRAD_MODULE(LayerNorm, weight_, bias_)
};

}  // namespace lexigrad::nn
