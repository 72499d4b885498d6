// Windows of several corpora, one corpus behind another or mixed by weights.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "lexigrad/data/datasets/next_token.h"
#include "lexigrad/data/mix.h"

namespace lexigrad::data {

/// A loader draws from the parts by their weights, as Mix does: which part draw i of a run comes from is a function of i,
/// which window of the part one of (seed, i). A part that was gone through begins again in another order:
///
///   data::MixedDataset mixed({web, books}, {0.7, 0.3});
///   data::DataLoader loader(mixed, {.batch_size = 32, .shuffle = true, .seed = 1});
///
/// An epoch is as many draws as the parts have windows. Windows are numbered through all parts.
class MixedDataset {
 public:
  static constexpr const char* kSamples = "windows";

  /// Without weights each window comes once an epoch, as in one dataset. Throws std::invalid_argument where there is no
  /// part, the parts' windows have not one length, the weights are not as many as the parts, or Mix refuses them.
  explicit MixedDataset(std::vector<NextTokenDataset> parts, const std::vector<double>& weights = {});

  int64_t size() const { return begins_.back(); }
  int64_t max_length() const { return parts_.front().max_length(); }
  const std::vector<NextTokenDataset>& parts() const { return parts_; }
  /// The windows of the given numbers, in that order.
  NextTokenBatch gather(std::span<const int64_t> windows) const;
  /// For the loader; null without weights.
  const std::shared_ptr<const MixedParts>& mixed_parts() const { return mixed_parts_; }

 private:
  std::vector<NextTokenDataset> parts_;
  std::vector<int64_t> begins_;  // the parts' first windows, and behind the last
  std::shared_ptr<const MixedParts> mixed_parts_;
};

}  // namespace lexigrad::data
