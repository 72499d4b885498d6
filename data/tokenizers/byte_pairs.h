// Byte-pair merging: a piece of text -> ids of a vocabulary whose ids are the ranks
// of the merges.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "lexigrad/data/tokenizers/vocabulary.h"

namespace lexigrad::data {

/// Merges, again and again, the neighbours whose union is the token of lowest id (the leftmost
/// of equals), as tiktoken does. Needs every single byte as a token. Keeps its buffers from
/// piece to piece, so each thread has its own.
class BytePairMerger {
 public:
  explicit BytePairMerger(const Vocabulary& vocabulary) : vocabulary_(vocabulary) {}
  /// Appends the ids of a piece of 1 byte or more: O(n log n) in its length.
  void append(std::string_view piece, std::vector<int32_t>& ids);

 private:
  struct Part {
    uint32_t previous, next;  ///< where the neighbours start
    int32_t rank;             ///< id of this part joined with the next, kNone where there is no such token
  };
  void append_short(std::string_view piece, std::vector<int32_t>& ids);
  void append_long(std::string_view piece, std::vector<int32_t>& ids);
  void join_with_next(std::string_view piece, uint32_t start);
  void rank_again(std::string_view piece, uint32_t start);
  int32_t rank(std::string_view piece, size_t begin, size_t end) const;

  const Vocabulary& vocabulary_;
  std::vector<Part> parts_;
  std::vector<uint64_t> heap_;  ///< rank << 32 | start; entries of parts that have changed since are skipped
};

}  // namespace lexigrad::data
