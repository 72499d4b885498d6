// Normalisation of each vector by its root mean square.
#pragma once
#include <optional>
#include <string>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/nn/module.h"

namespace lexigrad::nn {

struct RMSNormOptions {
  std::optional<double> eps = {};  ///< the dtype's epsilon where none is given
  bool affine = true;              ///< has a weight (ones at first)
};

/// x / sqrt(mean of squares + eps) * weight over the last dimension of x (..., dim), as
/// torch.nn.RMSNorm (Zhang and Sennrich 2019).
class RMSNorm final : public Layer {
 public:
  explicit RMSNorm(int64_t dim, const RMSNormOptions& options = {}) : dim_(dim), eps_(options.eps) {
    check(dim > 0, "RMSNorm", "Needs at least one column, got ", dim);
    if (options.affine) weight_ = Parameter(ones({dim}));
  }

  Tensor forward(const Tensor& x) const override {
    check(x.rank() > 0 && x.size(-1) == dim_, "RMSNorm", "The input's last dimension is that of ", x.shape(),
          ", the layer's width ", dim_);
    return rms_norm(x, weight_, eps_);
  }

  /// Undefined where there is none.
  const ParameterRef& weight() const { return weight_; }

 private:
  std::string extra_repr() const override {
    return text("(", dim_, ",), eps=", eps_ ? text(*eps_) : "None",
                ", elementwise_affine=", weight_.defined() ? "True" : "False");
  }

  int64_t dim_;
  std::optional<double> eps_;
  Parameter weight_;
  LEXIGRAD_MODULE(RMSNorm, weight_)
};

}  // namespace lexigrad::nn
