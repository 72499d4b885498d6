// What a corpus is like before anything is learnt from it.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "lexigrad/data/text/documents.h"
#include "lexigrad/data/tokenizers/word_counts.h"

namespace lexigrad::data {

/// Counts what is in texts of any size, in one pass and bounded memory: what WordCounts takes, and some 150 MiB for
/// lines by default.
class CorpusStatistics {
 public:
  static constexpr size_t kMostLines = size_t{1} << 21;

  /// Keeps of `most_lines` different lines how often they are.
  explicit CorpusStatistics(size_t most_lines = kMostLines) : most_lines_(most_lines) {}
  void add(Documents& documents);

  int64_t documents = 0, bytes = 0, lines = 0, blank_lines = 0;
  int64_t longest_line = 0;     ///< bytes of it, without its end
  std::string longest_line_at;  ///< "FILE, line N" of the first such
  /// Documents by what they are written in: "ASCII", "UTF-8", "not UTF-8", or what their file's mark says, "utf-16".
  std::map<std::string, int64_t> encodings;
  WordCounts words;

  /// Lines that are the same as an earlier one, of all that are not blank; of a sample of them where there are more than
  /// kMostLines different ones.
  double repeated_share() const;
  bool repeats_are_sampled() const { return level_ > 0; }
  /// How often each word is there, the most frequent first.
  std::vector<int64_t> frequencies() const;

 private:
  void add_line(std::string_view line, const std::string& path, int64_t number);

  // How often each line is there, by its hash, of those whose hash ends in level_ zeros.
  std::unordered_map<uint64_t, int64_t> repeats_;
  int level_ = 0;
  size_t most_lines_;
};

/// The exponent s of Zipf's law, frequency ~ rank^-s, by least squares over the logarithms of ranks 1, 2, 4, ... up to
/// 4096; 0 where there are fewer than 8 words. `frequencies` are sorted, the most frequent first.
double zipf_exponent(const std::vector<int64_t>& frequencies);

}  // namespace lexigrad::data
