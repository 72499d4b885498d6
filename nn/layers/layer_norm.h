// Normalisation of each vector by its mean and variance.
#pragma once
#include <algorithm>
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

/// (x - mean) / sqrt(variance + eps) * weight + bias over the last dimension of x (..., dim), or over its last
/// dimensions where `normalized_shape` names several; weight and bias have that shape (Ba, Kiros and Hinton
/// 2016). torch.nn.LayerNorm.
class LayerNorm final : public Layer {
 public:
  explicit LayerNorm(int64_t dim, const LayerNormOptions& options = {}) : LayerNorm(Shape{dim}, options) {}
  explicit LayerNorm(const Shape& normalized_shape, const LayerNormOptions& options = {})
      : shape_(normalized_shape), eps_(options.eps) {
    check(shape_.rank() > 0, "LayerNorm", "Needs at least one dimension, got none");
    for (int64_t size : shape_) check(size > 0, "LayerNorm", "Needs at least one column, got ", size);
    if (!options.affine) return;
    weight_ = Parameter(ones(shape_));
    if (options.bias) bias_ = Parameter(zeros(shape_));
  }

  Tensor forward(const Tensor& x) const override {
    int64_t before = x.rank() - shape_.rank();
    bool fits = before >= 0 && std::equal(shape_.begin(), shape_.end(), x.shape().end() - shape_.rank());
    if (shape_.rank() == 1) {
      check(fits, "LayerNorm", "The input's last dimension is that of ", x.shape(), ", the layer's width ",
            shape_[0]);
      return layer_norm(x, weight_, bias_, eps_);
    }
    check(fits, "LayerNorm", "The input's last dimensions are those of ", x.shape(), ", the layer's ",
          shape_);
    auto flat = [](const Parameter& p) { return p.defined() ? flatten(p) : Tensor(); };
    return layer_norm(flatten(x, before), flat(weight_), flat(bias_), eps_).reshape(x.shape());
  }

  /// Undefined where there is none.
  const ParameterRef& weight() const { return weight_; }
  const ParameterRef& bias() const { return bias_; }

 private:
  std::string extra_repr() const override {
    std::string sizes;
    for (int64_t size : shape_) sizes += text(sizes.empty() ? "" : ", ", size);
    return text("(", sizes, shape_.rank() == 1 ? ",)" : ")", ", eps=", eps_,
                ", elementwise_affine=", weight_.defined() ? "True" : "False");
  }

  Shape shape_;
  double eps_;
  Parameter weight_, bias_;
  LEXIGRAD_MODULE(LayerNorm, weight_, bias_)
};

}  // namespace lexigrad::nn
