// Phrases: words that stand behind each other far more often than chance become one, as new_york.
#pragma once
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "lexigrad/data/datasets/token_array.h"
#include "lexigrad/data/tokenizers/vocabulary.h"

namespace lexigrad::data {

/// What says how much two words a, b belong together, n(..) being how often they occur:
///   counts  (n(ab) - min_count) / (n(a) n(b)) * how many different words and pairs there are (Mikolov et al. 2013)
///   npmi    log(p(ab) / (p(a) p(b))) / -log p(ab), -1..1, of pairs that occur min_count times (Bouma 2009)
enum class PhraseScore { counts, npmi };

struct PhraseOptions {
  PhraseScore score = PhraseScore::counts;
  double threshold = 10;  ///< pairs that score more are phrases
  int64_t min_count = 5;
  int64_t passes = 1;  ///< the second joins phrases of the first to longer ones, and so on
  std::vector<int64_t> document_ends = {};  ///< as NextTokenDataset has them: no phrase goes over one
  int64_t most = int64_t{1} << 27;  ///< pairs that are kept while they are counted, as in CooccurrenceOptions
};

/// The scores are gensim's `Phrases` (original_scorer, npmi_scorer); word2phrase multiplies by the words of the text.
class Phrases {
 public:
  struct Phrase {
    int64_t first, second, id;
    int64_t count;  ///< of the pair
    double score;
  };

  /// From a text in ids of `words`, whose rarest pairs `most` may leave out: all that occur more than left_out() were
  /// counted in full. The same for any number of threads. Throws std::invalid_argument where an option is outside its range or
  /// an id outside the vocabulary.
  Phrases(TokenArray tokens, const Vocabulary& words, const PhraseOptions& options = {});

  /// The words, then phrases with "_" between; one that reads as a word that was there has its id.
  const Vocabulary& vocabulary() const { return vocabulary_; }
  /// Phrases of each pass, by their first word and then their second.
  const std::vector<std::vector<Phrase>>& passes() const { return passes_; }
  double left_out() const { return left_out_; }
  /// The ids of a sentence with its phrases joined, the first from the left where two overlap, pass after pass.
  std::vector<int64_t> join(std::span<const int64_t> sentence) const;

 private:
  using Joined = std::unordered_map<uint64_t, int64_t>;  // of a pass: the id of two

  void learn(const TokenArray& tokens, const std::vector<int64_t>& ends, const PhraseOptions& options);
  static std::vector<int64_t> join(std::span<const int64_t> sentence, const Joined& joined);

  Vocabulary vocabulary_;
  std::vector<std::vector<Phrase>> passes_;
  std::vector<Joined> joined_;
  double left_out_ = 0;
};

}  // namespace lexigrad::data
