// Windows of a token stream with their next-token targets: the only place that shifts.
#pragma once
#include <cstdint>
#include <span>

#include "lexigrad/autograd/tensor/tensor.h"
#include "lexigrad/data/datasets/token_array.h"

namespace lexigrad::data {

struct NextTokenDatasetOptions {
  int64_t max_length = 256;  ///< tokens of one window
  int64_t stride = 0;        ///< from one window's start to the next's; 0: max_length, every token once
};

/// Inputs and targets of some windows, both int64 (B, T); targets[b][t] is the token after inputs[b][t].
struct NextTokenBatch {
  Tensor inputs, targets;
};

/// Window i holds tokens i * stride .. i * stride + max_length - 1; a copy shares the tokens.
class NextTokenDataset {
 public:
  static constexpr const char* kSamples = "windows";

  /// Throws std::invalid_argument where max_length < 1, stride < 0, or the tokens do not fill one window and
  /// its last target.
  explicit NextTokenDataset(TokenArray tokens, const NextTokenDatasetOptions& options = {});
  /// Windows of so many tokens; 0 where they do not fill one and its last target.
  static int64_t windows_in(int64_t tokens, const NextTokenDatasetOptions& options);

  int64_t size() const { return windows_; }
  int64_t max_length() const { return max_length_; }
  int64_t stride() const { return stride_; }
  /// The windows of the given numbers, in that order.
  NextTokenBatch gather(std::span<const int64_t> windows) const;

 private:
  TokenArray tokens_;
  int64_t max_length_, stride_, windows_;
};

}  // namespace lexigrad::data
