// Byte-pair merging: a piece of text -> ids of a vocabulary.
#pragma once
#include <algorithm>
#include <array>
#include <bitset>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "lexigrad/data/tokenizers/bpe/patterns.h"
#include "lexigrad/data/tokenizers/vocabulary.h"

namespace lexigrad::data {

/// How a text becomes tokens of a vocabulary.
struct BytePairRules {
  using Merge = std::pair<int32_t, int32_t>;  ///< ids whose union is a token
  Pattern pattern = Pattern::gpt2;
  /// By rank. None: any neighbours whose union is a token are merged, with its id as the rank, as in tiktoken.
  std::optional<std::vector<Merge>> merges = {};
  bool whole_pieces = true;           ///< a piece that is a token stays whole, whatever the merges make of it
  std::vector<int64_t> special = {};  ///< sorted ids of tokens that no piece has

  bool is_special(int64_t id) const { return std::binary_search(special.begin(), special.end(), id); }
};

/// The ranks of what two tokens are together, and the ids of the ranks.
class BytePairs {
 public:
  static constexpr int kIdBits = 21;  ///< an id or rank and one more fit into so many
  static constexpr int64_t kMost = (int64_t{1} << kIdBits) - 1;  ///< tokens, and merges
  static constexpr int32_t kNone = std::numeric_limits<int32_t>::max();

  /// Needs every single byte as a token, and at most kMost tokens and merges.
  BytePairs(const Vocabulary& vocabulary, const BytePairRules& rules);

  int32_t id_of_byte(char c) const { return bytes_[static_cast<unsigned char>(c)]; }
  /// Ranks are below it.
  size_t ranks() const { return ranks_; }
  /// The token of a rank that joined() gives.
  int32_t id_of_rank(int32_t rank) const { return ids_.empty() ? rank : ids_[static_cast<size_t>(rank)]; }
  /// joined() of two bytes.
  int32_t joined_bytes(char left, char right) const {
    return byte_pairs_[static_cast<size_t>(static_cast<unsigned char>(left)) << 8 |
                       static_cast<unsigned char>(right)];
  }
  /// False where no token has the two bytes side by side: a piece may be cut there, and its parts merged alone.
  bool meet(char left, char right) const {
    return meet_[static_cast<size_t>(static_cast<unsigned char>(left)) << 8 |
                 static_cast<unsigned char>(right)];
  }
  /// The rank of their merge; kNone where they have none.
  int32_t joined(int32_t left, int32_t right) const {
    uint64_t key = key_of(left, right);
    if (size_t bit = bit_of(key); (filter_[bit / 64] >> bit % 64 & 1) == 0) return kNone;
    for (size_t at = slot_of(key);; at = (at + 1) & (slots_.size() - 1)) {
      if (slots_[at] == 0) return kNone;
      if (slots_[at] >> kIdBits == key) return static_cast<int32_t>(slots_[at] & kIdMask) - 1;
    }
  }

 private:
  static constexpr uint64_t kIdMask = (uint64_t{1} << kIdBits) - 1;
  static uint64_t key_of(int64_t left, int64_t right) {
    return static_cast<uint64_t>(left) << kIdBits | static_cast<uint64_t>(right);
  }
  std::vector<uint64_t> unions(const Vocabulary& vocabulary, const BytePairRules& rules);
  std::vector<uint64_t> ranked(const Vocabulary& vocabulary, const std::vector<BytePairRules::Merge>& merges);
  void set_meet(char left, char right) {
    meet_.set(static_cast<size_t>(static_cast<unsigned char>(left)) << 8 | static_cast<unsigned char>(right));
  }
  void fill(const std::vector<uint64_t>& found);
  size_t slot_of(uint64_t key) const { return static_cast<size_t>(key * 0x9E3779B97F4A7C15 >> shift_); }

  static constexpr int kFilterBits =
      20;  // 128 KiB, in the second cache: most pairs that are asked for are not there
  static size_t bit_of(uint64_t key) {
    return static_cast<size_t>(key * 0xD6E8FEB86659FD93 >> (64 - kFilterBits));
  }

  std::array<int32_t, 256> bytes_;
  size_t ranks_;
  std::vector<int32_t> ids_;  ///< by rank; none where they are the ranks
  std::vector<int32_t> byte_pairs_;
  std::bitset<1 << 16> meet_;
  std::vector<uint64_t> filter_;
  std::vector<uint64_t> slots_;  ///< left, right and 1 + rank, 21 bits each; 0: free. At most half full
  int shift_ = 0;
};

/// Merges, again and again, the neighbours of lowest rank (the leftmost of equals). Keeps its buffers from piece to
/// piece, so each thread has its own.
class BytePairMerger {
 public:
  explicit BytePairMerger(const BytePairs& pairs) : pairs_(pairs) {}
  const BytePairs& pairs() const { return pairs_; }
  /// Appends the ids of a piece of 1 byte or more, in a time that grows as its length where its pairs come from left to
  /// right, O(n log n) at worst, and some 20 bytes of memory a byte.
  void append(std::string_view piece, std::vector<int32_t>& ids);

 private:
  struct Part {
    uint32_t previous, next;  ///< where the neighbours start
    int32_t id, joined;       ///< of this part, and the rank of it with the next one
  };
  void append_short(std::string_view piece, std::vector<int32_t>& ids);
  void append_long(std::string_view piece, std::vector<int32_t>& ids);
  void join_all(int32_t rank);
  void join_with_next(uint32_t start);
  void look_up(uint32_t start);
  void put(uint32_t start);

  const BytePairs& pairs_;
  std::vector<Part> parts_;
  std::vector<std::vector<uint32_t>> waiting_;  ///< by rank, where its pairs start; changed since are skipped
  std::vector<int32_t> least_;                  ///< a heap of the ranks that wait
};

}  // namespace lexigrad::data
