// How often tokens stand near each other: what GloVe and positive PMI learn from.
#pragma once
#include <cstdint>
#include <vector>

#include "lexigrad/data/datasets/token_array.h"

namespace lexigrad::data {

struct CooccurrenceOptions {
  int64_t window = 10;    ///< tokens on a side
  bool symmetric = true;  ///< a column stands before or behind its row, else behind it
  bool weighted = true;   ///< a pair counts 1 / distance, as GloVe has it (Pennington et al. 2014), else 1
  std::vector<int64_t> document_ends = {};  ///< as NextTokenDataset has them: no pair goes over one
  std::vector<int64_t> rows = {};           ///< these rows' pairs alone, each once; empty: all
  int64_t most = int64_t{1} << 27;          ///< pairs that are kept at most
};

/// Pairs that occur, by row and in each row by column.
struct Cooccurrences {
  std::vector<int64_t> starts;    ///< row r has the pairs starts[r] .. starts[r + 1] - 1
  std::vector<uint32_t> columns;  ///< of each pair
  std::vector<double>
      counts;  ///< of each pair; sums are exact and rounded once where the window is 20 at most
  std::vector<double> totals;  ///< of each row's counts, whether its pairs are here or not
  double left_out = 0;         ///< pairs that count more are all here, others none; 0 where `most` sufficed

  int64_t vocabulary() const { return static_cast<int64_t>(totals.size()); }
  int64_t pairs() const { return static_cast<int64_t>(counts.size()); }
};

/// Counts each row by itself, from the places of its token: no pairs are sorted or merged, and the bits are the same for
/// any number of threads. Beside the tokens, which may be in a file, it takes 12 bytes for each of 2 * most pairs at
/// worst, 256 MiB for places, or 8 bytes for each place of the most frequent token, and 8 bytes * vocabulary a thread.
/// Throws std::invalid_argument where an option is outside its range or an id outside the vocabulary.
Cooccurrences cooccurrences(const TokenArray& tokens, int64_t vocabulary,
                            const CooccurrenceOptions& options = {});

}  // namespace lexigrad::data
