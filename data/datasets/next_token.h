// Windows of a token stream with their next-token targets: the only place that shifts.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "lexigrad/autograd/tensor/tensor.h"
#include "lexigrad/data/datasets/token_array.h"

namespace lexigrad::data {

struct NextTokenDatasetOptions {
  int64_t max_length = 256;  ///< tokens of one window
  int64_t stride = 0;        ///< from one window's start to the next's; 0: max_length, every token once
  /// Tokens up to the end of each document, the last of them all tokens: no window goes over an end. What a document
  /// does not fill repeats the last input, and has kNoTarget for targets. Empty: all is one document, and a rest that
  /// fills no window is left out.
  std::vector<int64_t> document_ends = {};
};

/// The target of what is no token of a document: the ignore_index of every loss.
inline constexpr int64_t kNoTarget = -100;

/// Inputs and targets of some windows, both int64 (B, T); targets[b][t] is the token after inputs[b][t].
struct NextTokenBatch {
  Tensor inputs, targets;
};

/// Window i of a document holds its tokens i * stride .. i * stride + max_length - 1; a copy shares the tokens.
class NextTokenDataset {
 public:
  static constexpr const char* kSamples = "windows";

  /// Throws std::invalid_argument where max_length < 1, stride < 0, the tokens do not fill one window and its last
  /// target, or the documents' ends do not rise up to the number of tokens.
  explicit NextTokenDataset(TokenArray tokens, const NextTokenDatasetOptions& options = {});
  /// Windows of so many tokens, or of the documents in the options; 0 where there is none.
  static int64_t windows_in(int64_t tokens, const NextTokenDatasetOptions& options);

  int64_t size() const { return windows_; }
  int64_t max_length() const { return max_length_; }
  int64_t stride() const { return stride_; }
  /// The windows of the given numbers, in that order.
  NextTokenBatch gather(std::span<const int64_t> windows) const;
  /// Writes max_length() inputs of a window and as many targets.
  void copy(int64_t window, int64_t* input, int64_t* target) const;

 private:
  // The documents' first windows, and where they end; one of all tokens has none.
  struct Documents {
    std::vector<int64_t> ends, windows;
  };
  void copy_from_documents(int64_t window, int64_t* input, int64_t* target) const;

  TokenArray tokens_;
  int64_t max_length_, stride_, windows_;
  std::shared_ptr<const Documents> documents_;
};

}  // namespace lexigrad::data
