#include "lexigrad/nn/layers/channels/batch_norm.h"

#include "lexigrad/autograd/tape/grad_mode.h"
#include "lexigrad/autograd/tape/recompute.h"

namespace lexigrad::nn {

BatchNorm1d::BatchNorm1d(int64_t num_features, const BatchNormOptions& options)
    : num_features_(num_features), options_(options) {
  check(num_features > 0, "BatchNorm1d", "Needs at least one channel, got ", num_features);
  check(!options.momentum || (*options.momentum >= 0 && *options.momentum <= 1), "BatchNorm1d",
        "momentum is ", options.momentum.value_or(0), " (valid are 0..1)");
  if (options.affine) {
    weight_ = Parameter(ones({num_features}));
    bias_ = Parameter(zeros({num_features}));
  }
  if (!options.track_running_stats) return;
  running_mean_ = Buffer(zeros({num_features}));
  running_var_ = Buffer(ones({num_features}));
  num_batches_tracked_ = Buffer(zeros({}, int64));
}

Tensor BatchNorm1d::forward(const Tensor& x) const {
  detail::check_channels("BatchNorm1d", x, num_features_);
  check(x.rank() <= 3, "BatchNorm1d", "Needs an input (N, C) or (N, C, L), got ", x.shape());
  bool tracks = running_mean_.defined();
  Tensor mean = running_mean_, variance = running_var_;
  if (is_training() || !tracks) {
    int64_t n = x.numel() / num_features_;
    check(n > 1, "BatchNorm1d", "A batch of ", n, " value for each channel has no variance, the input is ",
          x.shape(), ". Hint: a larger batch, or eval()");
    std::vector<int64_t> dims = x.rank() == 2 ? std::vector<int64_t>{0} : std::vector<int64_t>{0, 2};
    mean = lexigrad::mean(x, dims);
    variance = lexigrad::mean(square(x - detail::by_channel(mean, x)), dims);
    if (tracks && !lexigrad::detail::computing_again())
      track(mean.detach(), variance.detach(), static_cast<double>(n));
  }
  Tensor centred = x - detail::by_channel(mean, x);
  return detail::scale_channels(centred * detail::by_channel(rsqrt(variance + options_.eps), x), weight_,
                                bias_);
}

void BatchNorm1d::track(const Tensor& mean, const Tensor& variance, double n) const {
  NoGrad off;
  num_batches_tracked_.add_(1);
  double share = options_.momentum.value_or(1 / num_batches_tracked_.item<double>());
  Dtype dtype = running_mean_.dtype();
  running_mean_.mul_(1 - share).add_((mean * share).to(dtype));
  running_var_.mul_(1 - share).add_((variance * (share * n / (n - 1))).to(dtype));
}

std::string BatchNorm1d::extra_repr() const {
  auto yes = [](bool on) { return on ? "True" : "False"; };
  return text(num_features_, ", eps=", options_.eps,
              ", momentum=", options_.momentum ? text(*options_.momentum) : "None",
              ", affine=", yes(options_.affine), ", track_running_stats=", yes(options_.track_running_stats));
}

}  // namespace lexigrad::nn
