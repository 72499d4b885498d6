// x W^T + b.
#pragma once
#include <cmath>
#include <string>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/nn/init.h"
#include "lexigrad/nn/layers/grow.h"
#include "lexigrad/nn/module.h"

namespace lexigrad::nn {

struct LinearOptions {
  bool bias = true;
};

/// x (..., in) to (..., out). Weight (out, in), then bias (out), start from U(-1/sqrt(in),
/// 1/sqrt(in)), drawn as PyTorch draws them.
class Linear final : public Module {
 public:
  Linear(int64_t in_features, int64_t out_features, const LinearOptions& options = {}) {
    check(in_features > 0 && out_features > 0, "Linear", "Needs at least one feature in and out, got ",
          in_features, " and ", out_features);
    Tensor weight = empty({out_features, in_features});
    init::kaiming_uniform_(weight, std::sqrt(5.0));  // as torch spells 1/sqrt(in): the same rounding
    weight_ = Parameter(weight);
    if (!options.bias) return;
    Tensor bias = empty({out_features});
    double bound = 1 / std::sqrt(static_cast<double>(in_features));
    init::uniform_(bias, -bound, bound);
    bias_ = Parameter(bias);
  }

  Tensor forward(const Tensor& x) const { return linear(x, weight_, bias_); }

  const ParameterRef& weight() const { return weight_; }
  /// Undefined where there is none.
  const ParameterRef& bias() const { return bias_; }
  /// Uses `table` (out, in) as the weight from now on: one tensor, one gradient.
  void tie_weight(const ParameterRef& table) {
    check(table.shape() == weight_.shape(), "tie_weight", "The table is ", table.shape(), ", the weight ",
          weight_.shape());
    weight_.tie(table);
  }
  /// Grows to n outputs in place: new rows of the weight (unless it is tied to a table
  /// that has grown) and new biases. Optimizers keep what they have of the old ones;
  /// gradients are dropped.
  void grow_out_features(int64_t n, const GrowOptions& options = {}) {
    double bound = 1 / std::sqrt(static_cast<double>(weight_.size(1)));
    for (const Parameter* p : {&weight_, &bias_})
      if (p->defined())
        detail::grow("grow_out_features", *p, n, options.rows,
                     [&](const Tensor& rows) { init::uniform_(rows, -bound, bound); });
  }

 private:
  std::string extra_repr() const override {
    return text("in_features=", weight_.size(1), ", out_features=", weight_.size(0),
                ", bias=", bias_.defined() ? "True" : "False");
  }

  Parameter weight_, bias_;
  LEXIGRAD_MODULE(Linear, weight_, bias_)
};

}  // namespace lexigrad::nn
