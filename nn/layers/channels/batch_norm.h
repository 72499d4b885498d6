// Normalisation of channels by the mean and variance of a batch.
#pragma once
#include <optional>
#include <string>

#include "lexigrad/nn/layers/channels/channels.h"

namespace lexigrad::nn {

struct BatchNormOptions {
  double eps = 1e-5;
  std::optional<double> momentum = 0.1;  ///< share of the newest batch; none: all batches count alike
  bool affine = true;                    ///< has a weight (ones at first) and a bias (zeros) for each channel
  bool track_running_stats = true;       ///< else the batch's own numbers are taken in eval mode, too
};

/// (x - mean) / sqrt(variance + eps) * weight + bias for each channel of x (N, C) or (N, C, L) (Ioffe and
/// Szegedy 2015). In training mean and variance are the batch's, and running_mean and running_var (its
/// variance by n - 1), which are buffers, move towards them; in eval mode those are taken.
/// torch.nn.BatchNorm1d.
class BatchNorm1d final : public Module {
 public:
  explicit BatchNorm1d(int64_t num_features, const BatchNormOptions& options = {});

  Tensor forward(const Tensor& x) const;

  /// Undefined where there is none.
  const ParameterRef& weight() const { return weight_; }
  const ParameterRef& bias() const { return bias_; }
  const Tensor& running_mean() const { return running_mean_; }
  const Tensor& running_var() const { return running_var_; }
  /// Batches seen in training, int64.
  const Tensor& num_batches_tracked() const { return num_batches_tracked_; }

 private:
  /// Moves the running numbers towards those of a batch of n places.
  void track(const Tensor& mean, const Tensor& variance, double n) const;
  std::string extra_repr() const override;

  int64_t num_features_;
  BatchNormOptions options_;
  Parameter weight_, bias_;
  Buffer running_mean_, running_var_, num_batches_tracked_;
  LEXIGRAD_MODULE(BatchNorm1d, weight_, bias_, running_mean_, running_var_, num_batches_tracked_)
};

}  // namespace lexigrad::nn
