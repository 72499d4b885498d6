// Convolution along a sequence.
#pragma once
#include <string>

#include "lexigrad/nn/layers/channels/channels.h"

namespace lexigrad::nn {

struct Conv1dOptions {
  int64_t stride = 1;
  int64_t padding = 0;   ///< zeros at both ends
  int64_t dilation = 1;  ///< from one entry of the kernel to the next
  int64_t groups = 1;    ///< channels in and out in that many groups that do not see each other
  bool bias = true;
};

/// x (N, in_channels, L) to (N, out_channels, (L + 2 padding - dilation (kernel_size - 1) - 1) / stride + 1):
/// at each place the products of weight (out, in / groups, kernel_size) with what it covers, plus bias (out).
/// Both start as torch.nn.Conv1d's. A product of matrices over windows.
class Conv1d final : public Module {
 public:
  Conv1d(int64_t in_channels, int64_t out_channels, int64_t kernel_size, const Conv1dOptions& options = {});

  Tensor forward(const Tensor& x) const;

  const ParameterRef& weight() const { return weight_; }
  /// Undefined where there is none.
  const ParameterRef& bias() const { return bias_; }

 private:
  std::string extra_repr() const override;

  int64_t in_channels_;
  Conv1dOptions options_;
  Parameter weight_, bias_;
  LEXIGRAD_MODULE(Conv1d, weight_, bias_)
};

}  // namespace lexigrad::nn
