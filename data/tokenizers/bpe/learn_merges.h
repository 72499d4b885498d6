// Byte-pair merges from the counts of pieces (Sennrich et al. 2016), on bytes.
#pragma once
#include <cstdint>
#include <utility>
#include <vector>

#include "lexigrad/data/tokenizers/bpe/piece_counts.h"
#include "lexigrad/data/tokenizers/vocabulary.h"

namespace lexigrad::data {

/// The 256 bytes in the order of ByteLetters, then a token for each merge, with the pair's count when it was merged,
/// until there are `size` tokens or no pair is left that is there `least` times (1 or more). The pair that is there most
/// often is merged, of equals the one of lower ids, left and then right: the merges, in their order, of Hugging Face's
/// tokenizers 0.23, a merge that makes a token once more left out. The same for any number of threads.
/// `lengths`, where given, becomes how many tokens the pieces are together: by bytes alone, then with each further token;
/// `merges` gets the ids of each pair once, those that make a token once more, too.
Vocabulary learn_merges(const PieceCounts& pieces, int64_t size, int64_t least = 1,
                        std::vector<int64_t>* lengths = nullptr,
                        std::vector<std::pair<int32_t, int32_t>>* merges = nullptr);

/// Pieces as ids of tokens, one behind another.
struct PieceIds {
  std::vector<int32_t> ids;
  std::vector<uint32_t> sizes;  ///< of each piece
};

/// Goes on by the same rule with tokens and merges that are there, on other pieces. Returns how many tokens those are.
int64_t learn_more_merges(const std::vector<PieceIds>& pieces, int64_t size, int64_t least,
                          Vocabulary& tokens, std::vector<std::pair<int32_t, int32_t>>& merges);

}  // namespace lexigrad::data
