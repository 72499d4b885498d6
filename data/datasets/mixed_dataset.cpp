#include "lexigrad/data/datasets/mixed_dataset.h"

#include <algorithm>
#include <utility>

#include "lexigrad/autograd/base/check.h"

namespace lexigrad::data {

MixedDataset::MixedDataset(std::vector<NextTokenDataset> parts, const std::vector<double>& weights)
    : parts_(std::move(parts)), begins_{0} {
  check(!parts_.empty(), "dataset", "There is no part to mix");
  check(weights.empty() || weights.size() == parts_.size(), "dataset", "There are ", weights.size(),
        " weights for ", parts_.size(), " parts");
  std::vector<int64_t> sizes;
  for (const NextTokenDataset& part : parts_) {
    check(part.max_length() == max_length(), "dataset", "A part has windows of ", part.max_length(),
          " tokens, the first part of ", max_length());
    sizes.push_back(part.size());
    begins_.push_back(begins_.back() + part.size());
  }
  if (!weights.empty()) mixed_parts_ = std::make_shared<const MixedParts>(MixedParts{Mix(weights), sizes});
}

NextTokenBatch MixedDataset::gather(std::span<const int64_t> windows) const {
  Shape shape{static_cast<int64_t>(windows.size()), max_length()};
  NextTokenBatch batch{empty(shape, int64), empty(shape, int64)};
  int64_t *input = batch.inputs.data<int64_t>(), *target = batch.targets.data<int64_t>();
  for (int64_t window : windows) {
    check(window >= 0 && window < size(), "dataset", "Window ", window, " is outside the ", size(),
          " windows");
    auto part =
        static_cast<size_t>(std::upper_bound(begins_.begin(), begins_.end(), window) - begins_.begin()) - 1;
    parts_[part].copy(window - begins_[part], input, target);
    input += max_length(), target += max_length();
  }
  return batch;
}

}  // namespace lexigrad::data
