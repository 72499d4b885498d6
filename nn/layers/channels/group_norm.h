// Normalisation of channels in groups.
#pragma once
#include <string>

#include "lexigrad/nn/layers/channels/channels.h"

namespace lexigrad::nn {

struct GroupNormOptions {
  double eps = 1e-5;
  bool affine = true;  ///< has a weight (ones at first) and a bias (zeros) for each channel
};

/// (x - mean) / sqrt(variance + eps) * weight + bias, mean and variance over the channels of a group and all
/// their places: x (N, num_channels, ...) (Wu and He 2018). torch.nn.GroupNorm.
class GroupNorm final : public Module {
 public:
  GroupNorm(int64_t num_groups, int64_t num_channels, const GroupNormOptions& options = {})
      : num_groups_(num_groups), num_channels_(num_channels), eps_(options.eps) {
    check(num_groups > 0 && num_channels > 0 && num_channels % num_groups == 0, "GroupNorm", num_channels,
          " channels do not make ", num_groups, " groups. Hint: a number that divides that of the channels");
    if (!options.affine) return;
    weight_ = Parameter(ones({num_channels}));
    bias_ = Parameter(zeros({num_channels}));
  }

  Tensor forward(const Tensor& x) const {
    detail::check_channels("GroupNorm", x, num_channels_);
    check(x.numel() > 0, "GroupNorm", "There is nothing to normalise in an input of ", x.shape());
    Tensor normal = layer_norm(x.reshape({x.size(0), num_groups_, -1}), {}, {}, eps_).reshape(x.shape());
    return detail::scale_channels(normal, weight_, bias_);
  }

  /// Undefined where there is none.
  const ParameterRef& weight() const { return weight_; }
  const ParameterRef& bias() const { return bias_; }

 private:
  std::string extra_repr() const override {
    return text(num_groups_, ", ", num_channels_, ", eps=", eps_,
                ", affine=", weight_.defined() ? "True" : "False");
  }

  int64_t num_groups_, num_channels_;
  double eps_;
  Parameter weight_, bias_;
  LEXIGRAD_MODULE(GroupNorm, weight_, bias_)
};

}  // namespace lexigrad::nn
