#include "lexigrad/nn/layers/channels/conv1d.h"

#include <cmath>

#include "lexigrad/nn/init.h"

namespace lexigrad::nn {

Conv1d::Conv1d(int64_t in_channels, int64_t out_channels, int64_t kernel_size, const Conv1dOptions& options)
    : in_channels_(in_channels), options_(options) {
  check(in_channels > 0 && out_channels > 0 && kernel_size > 0, "Conv1d",
        "Channels in, channels out and kernel_size are ", in_channels, ", ", out_channels, " and ",
        kernel_size, " (valid are 1 and more)");
  check(options.stride > 0 && options.dilation > 0 && options.padding >= 0, "Conv1d",
        "stride, dilation and padding are ", options.stride, ", ", options.dilation, " and ", options.padding,
        " (valid are 1 and more, padding 0 and more)");
  check(options.groups > 0 && in_channels % options.groups == 0 && out_channels % options.groups == 0,
        "Conv1d", options.groups, " groups do not divide ", in_channels, " channels in and ", out_channels,
        " out");
  int64_t fan_in = in_channels / options.groups * kernel_size;
  Tensor weight = empty({out_channels, in_channels / options.groups, kernel_size});
  init::kaiming_uniform_(weight, std::sqrt(5.0));
  weight_ = Parameter(weight);
  if (!options.bias) return;
  Tensor bias = empty({out_channels});
  double bound = 1 / std::sqrt(static_cast<double>(fan_in));
  init::uniform_(bias, -bound, bound);
  bias_ = Parameter(bias);
}

Tensor Conv1d::forward(const Tensor& x) const {
  detail::check_channels("Conv1d", x, in_channels_);
  check(x.rank() == 3, "Conv1d", "Needs an input (N, C, L), got ", x.shape());
  int64_t kernel = weight_.size(2), covered = options_.dilation * (kernel - 1) + 1;
  check(x.size(2) + 2 * options_.padding >= covered, "Conv1d", "A kernel that covers ", covered,
        " places does not fit into ", x.size(2), " with ", options_.padding, " of padding at both ends");
  Tensor padded = options_.padding > 0 ? pad(x, {options_.padding, options_.padding}) : x;
  Tensor windows = unfold(padded, 2, covered, options_.stride);  // (N, C, places, covered)
  if (options_.dilation > 1) windows = slice(windows, 3, 0, covered, options_.dilation);
  Tensor by_place = transpose(windows, 1, 2);  // (N, places, C, kernel)
  std::vector<Tensor> outputs;
  std::vector<Tensor> inputs = chunk(by_place, options_.groups, 2),
                      weights = chunk(widened(weight_), options_.groups);
  for (size_t g = 0; g < inputs.size(); ++g)
    outputs.push_back(linear(flatten(inputs[g], 2), flatten(weights[g], 1)));
  Tensor y = transpose(outputs.size() == 1 ? outputs[0] : cat(outputs, -1), 1, 2);
  return detail::scale_channels(y, {}, bias_);
}

std::string Conv1d::extra_repr() const {
  const Conv1dOptions& o = options_;
  return text(in_channels_, ", ", weight_.size(0), ", kernel_size=(", weight_.size(2), ",), stride=(",
              o.stride, ",)", o.padding == 0 ? "" : text(", padding=(", o.padding, ",)"),
              o.dilation == 1 ? "" : text(", dilation=(", o.dilation, ",)"),
              o.groups == 1 ? "" : text(", groups=", o.groups), o.bias ? "" : ", bias=False");
}

}  // namespace lexigrad::nn
