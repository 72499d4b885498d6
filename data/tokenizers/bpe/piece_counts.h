// How often each piece is in texts: all that byte-pair merges are learnt from.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "lexigrad/data/text/byte_source.h"
#include "lexigrad/data/tokenizers/bpe/piece_cache.h"
#include "lexigrad/data/tokenizers/vocabulary.h"

namespace lexigrad::data {

/// Counts of pieces, short ones in a table of 32 bytes each. Where more than `most` different ones were met, the rarest
/// so far are forgotten, until half as many are left: memory stays bounded, and no count is too low by more
/// than short_by() says.
class PieceCounts {
 public:
  static constexpr size_t kMost = size_t{1} << 23;

  explicit PieceCounts(size_t most = kMost) : entries_(1 << 12), most_(most) {}

  /// Counts the pieces into which GPT-2's pattern cuts a text, over all threads. No piece is of two texts.
  void add_text(std::string_view text);
  /// The same of a text of any size, a block of it in memory at a time.
  void add_text(ByteSource& text);
  /// Different pieces that are known.
  size_t size() const { return used_ + static_cast<size_t>(long_.size()); }
  int64_t short_by() const { return short_by_; }

  /// Calls f(piece, count) for each piece, in no order.
  template <class F>
  void for_each(const F& f) const {
    for (const Entry& entry : entries_)
      if (entry.count > 0)
        f(std::string_view(reinterpret_cast<const char*>(&entry.key),
                           static_cast<size_t>(entry.key.high >> 56)),
          entry.count);
    for (int64_t id = 0; id < long_.size(); ++id) f(long_.token(id), long_.count(id));
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
  void forget_rarest();

  std::vector<Entry> entries_;  ///< a power of two, at most half full
  size_t used_ = 0, most_;
  int64_t short_by_ = 0;
  Vocabulary long_;
};

}  // namespace lexigrad::data
