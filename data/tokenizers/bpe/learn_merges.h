// Byte-pair merges from the counts of pieces (Sennrich et al. 2016), on bytes.
#pragma once
#include <cstdint>
#include <vector>

#include "lexigrad/data/tokenizers/bpe/piece_counts.h"
#include "lexigrad/data/tokenizers/vocabulary.h"

namespace lexigrad::data {

/// The 256 bytes in the order of ByteLetters, then a token for each merge, with the pair's count when it was merged,
/// until there are `size` tokens or no pair is left that is there `least` times (1 or more). The pair that is there most
/// often is merged, of equals the one of lower ids, left and then right: the merges, in their order, of Hugging Face's
/// tokenizers 0.23, a merge that makes a token once more left out. The same for any number of threads.
/// `lengths`, where given, becomes how many tokens the pieces are together: by bytes alone, then with each further token.
Vocabulary learn_merges(const PieceCounts& pieces, int64_t size, int64_t least = 1,
                        std::vector<int64_t>* lengths = nullptr);

}  // namespace lexigrad::data
