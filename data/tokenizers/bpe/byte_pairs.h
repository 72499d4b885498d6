// Byte-pair merging: a piece of text -> ids of a vocabulary whose ids are the ranks
// of the merges.
#pragma once
#include <array>
#include <bitset>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "lexigrad/data/tokenizers/vocabulary.h"

namespace lexigrad::data {

/// The ids of what two tokens are together.
class BytePairs {
 public:
  static constexpr int kIdBits = 21;  ///< an id and one more fit into so many
  static constexpr int32_t kNone = std::numeric_limits<int32_t>::max();

  /// Needs every single byte as a token, and fewer than 2^21 tokens.
  explicit BytePairs(const Vocabulary& vocabulary);

  int32_t id_of_byte(char c) const { return bytes_[static_cast<unsigned char>(c)]; }
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
  /// kNone where the vocabulary does not have the two as one token.
  int32_t joined(int32_t left, int32_t right) const {
    uint64_t key = static_cast<uint64_t>(left) << kIdBits | static_cast<uint64_t>(right);
    if (size_t bit = bit_of(key); (filter_[bit / 64] >> bit % 64 & 1) == 0) return kNone;
    for (size_t at = slot_of(key);; at = (at + 1) & (slots_.size() - 1)) {
      if (slots_[at] == 0) return kNone;
      if (slots_[at] >> kIdBits == key) return static_cast<int32_t>(slots_[at] & kIdMask) - 1;
    }
  }

 private:
  static constexpr uint64_t kIdMask = (uint64_t{1} << kIdBits) - 1;
  size_t slot_of(uint64_t key) const { return static_cast<size_t>(key * 0x9E3779B97F4A7C15 >> shift_); }

  static constexpr int kFilterBits =
      20;  // 128 KiB, in the second cache: most pairs that are asked for are not there
  static size_t bit_of(uint64_t key) {
    return static_cast<size_t>(key * 0xD6E8FEB86659FD93 >> (64 - kFilterBits));
  }

  std::array<int32_t, 256> bytes_;
  std::vector<int32_t> byte_pairs_;
  std::bitset<1 << 16> meet_;
  std::vector<uint64_t> filter_;
  std::vector<uint64_t> slots_;  ///< left, right and 1 + joined, 21 bits each; 0: free. At most half full
  int shift_ = 0;
};

/// Merges, again and again, the neighbours whose union is the token of lowest id (the leftmost
/// of equals), as tiktoken does. Keeps its buffers from piece to piece, so each thread has its own.
class BytePairMerger {
 public:
  explicit BytePairMerger(const BytePairs& pairs) : pairs_(pairs) {}
  const BytePairs& pairs() const { return pairs_; }
  /// Appends the ids of a piece of 1 byte or more: O(n log n) in its length.
  void append(std::string_view piece, std::vector<int32_t>& ids);

 private:
  struct Part {
    uint32_t previous, next;  ///< where the neighbours start
    int32_t id, joined;       ///< of this part, and of it with the next one
  };
  void append_short(std::string_view piece, std::vector<int32_t>& ids);
  void append_long(std::string_view piece, std::vector<int32_t>& ids);
  void join_with_next(uint32_t start);
  void look_up(uint32_t start);
  void put(uint32_t start);

  const BytePairs& pairs_;
  std::vector<Part> parts_;
  std::vector<uint64_t>
      heap_;  ///< joined << 32 | start; entries of parts that have changed since are skipped
};

}  // namespace lexigrad::data
