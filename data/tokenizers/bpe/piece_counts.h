// How often each piece is in texts: all that byte-pair merges are learnt from.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lexigrad/data/tokenizers/bpe/piece_cache.h"

namespace lexigrad::data {

/// Counts of pieces, short ones in a table of 32 bytes each.
class PieceCounts {
 public:
  PieceCounts() : entries_(1 << 12) {}

  /// Counts the pieces into which GPT-2's pattern cuts a text, over all threads. No piece is of two texts.
  void add_text(std::string_view text);
  /// Different pieces.
  size_t size() const { return used_ + long_.size(); }

  /// Calls f(piece, count) for each piece, in the order of their bytes.
  template <class F>
  void for_each(const F& f) const {
    for (const auto& [piece, count] : sorted()) f(piece, count);
  }

 private:
  struct Entry {
    PieceKey key;
    int64_t count = 0;  ///< 0: free
    int64_t unused = 0;
  };
  static_assert(sizeof(Entry) == 32);

  void count_in(std::string_view text);
  void add(const PieceCounts& other);
  void add_key(const PieceKey& key, int64_t count);
  void grow();
  std::vector<std::pair<std::string_view, int64_t>> sorted() const;

  std::vector<Entry> entries_;  ///< a power of two, at most half full
  size_t used_ = 0;
  std::unordered_map<std::string, int64_t> long_;
};

}  // namespace lexigrad::data
