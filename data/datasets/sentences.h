// Runs of whole sentences, for losses that look at what stands near in one.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "lexigrad/autograd/tensor/tensor.h"
#include "lexigrad/data/datasets/token_array.h"

namespace lexigrad::data {

struct SentenceDatasetOptions {
  int64_t length = 200;      ///< tokens of a sample, about: those sentences that begin in a stretch so long
  int64_t longest = 10'000;  ///< a longer sentence is cut there
  /// Tokens up to the end of each sentence, the last of them all tokens; empty: all is one sentence.
  std::vector<int64_t> ends = {};
  std::vector<int64_t> left_out = {};  ///< ids that no sample shows, as of unknown words
};

/// Sample i holds the sentences that begin among the tokens i * length .. (i + 1) * length - 1. A batch is int64 (n):
/// the tokens of its samples one behind another, -1 behind each sentence.
class SentenceDataset {
 public:
  static constexpr const char* kSamples = "passages";

  /// Throws std::invalid_argument where length or longest < 1, there is no token, or the ends do not rise up to
  /// the number of all tokens.
  explicit SentenceDataset(TokenArray tokens, const SentenceDatasetOptions& options = {});

  int64_t size() const { return static_cast<int64_t>(starts_->size()) - 1; }
  Tensor gather(std::span<const int64_t> samples) const;

 private:
  TokenArray tokens_;
  std::vector<int64_t> left_out_;
  std::shared_ptr<const std::vector<int64_t>> ends_,
      starts_;  ///< of sentences; the first sentence of each sample
};

}  // namespace lexigrad::data
