// Rows of a table by the spelling of their words, as evaluation sets look them up.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lexigrad/data/tokenizers/vocabulary.h"

namespace lexigrad::train {

/// A word in small letters, without one blank before it; a byte that is no UTF-8 stays.
std::string spelling_of(std::string_view word);

/// Spellings that differ in case alone, or in one blank before a token, are one: the first row has it, the most
/// frequent where the table is in that order.
class WordIndex {
 public:
  explicit WordIndex(const std::vector<std::string>& words);

  /// The first row of a word, in whatever case; -1 where there is none.
  int64_t find(std::string_view word) const;
  /// The first row whose word is spelt as this row's.
  int64_t first(int64_t row) const { return first_[static_cast<size_t>(row)]; }
  int64_t size() const { return static_cast<int64_t>(first_.size()); }

 private:
  data::Vocabulary spellings_;
  std::vector<int64_t> row_of_;  ///< by id of the spelling
  std::vector<int64_t> first_;   ///< by row
};

}  // namespace lexigrad::train
