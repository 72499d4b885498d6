#include "lexigrad/data/datasets/word_pairs.h"

#include <algorithm>
#include <utility>

#include "lexigrad/autograd/base/check.h"

namespace lexigrad::data {

// Pairs at distance d are numbered together, first those that look ahead, then those that look back.
WordPairDataset::WordPairDataset(TokenArray tokens, int64_t window)
    : tokens_(std::move(tokens)), window_(std::min(window, tokens_.size() - 1)) {
  check(window >= 1, "dataset", "window is ", window, "; it must be >= 1");
  check(tokens_.size() >= 2, "dataset", "Pairs need two tokens, got ", tokens_.size());
  for (int64_t d = 1; d <= window_; ++d) size_ += 2 * (tokens_.size() - d);
}

WordPairBatch WordPairDataset::gather(std::span<const int64_t> pairs) const {
  Shape shape{static_cast<int64_t>(pairs.size())};
  WordPairBatch batch{empty(shape, int64), empty(shape, int64)};
  int64_t *center = batch.centers.data<int64_t>(), *context = batch.contexts.data<int64_t>();
  for (int64_t pair : pairs) {
    check(pair >= 0 && pair < size_, "dataset", "Pair ", pair, " is outside the ", size_, " pairs");
    int64_t distance = 1, count = tokens_.size() - 1;
    for (; pair >= 2 * count; --count, ++distance) pair -= 2 * count;
    int64_t first = pair % count;
    *center++ = tokens_[pair < count ? first : first + distance];
    *context++ = tokens_[pair < count ? first + distance : first];
  }
  return batch;
}

}  // namespace lexigrad::data
