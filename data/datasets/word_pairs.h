// Each token with each of its neighbours: what skip-gram learns from.
#pragma once
#include <cstdint>
#include <span>

#include "lexigrad/autograd/tensor/tensor.h"
#include "lexigrad/data/datasets/token_array.h"

namespace lexigrad::data {

/// Both int64 (B): contexts[b] stands near centers[b].
struct WordPairBatch {
  Tensor centers, contexts;
};

/// All ordered pairs of tokens at most `window` apart, a function of their number: no list of pairs is held
/// (Mikolov et al. 2013, with a fixed window).
class WordPairDataset {
 public:
  static constexpr const char* kSamples = "pairs";

  /// Throws std::invalid_argument where window < 1 or there are not two tokens.
  explicit WordPairDataset(TokenArray tokens, int64_t window = 5);

  int64_t size() const { return size_; }
  /// Throws std::invalid_argument for a number outside 0..size()-1.
  WordPairBatch gather(std::span<const int64_t> pairs) const;

 private:
  TokenArray tokens_;
  int64_t window_, size_ = 0;
};

}  // namespace lexigrad::data
