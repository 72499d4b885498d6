#include "lexigrad/train/vectors/sets/word_index.h"

#include "lexigrad/data/text/text.h"
#include "lexigrad/data/text/unicode_classes.h"

namespace lexigrad::train {

std::string spelling_of(std::string_view word) {
  std::string out;
  if (word.size() > 1 && word.front() == ' ') word.remove_prefix(1);
  for (const char *p = word.data(), *end = p + word.size(); p < end;) {
    const data::CodePoint c = data::decode_utf8(p, end);
    if (c.valid)
      data::append_utf8(out, data::to_lower(c.value));
    else
      out += *p;
    p += c.length;
  }
  return out;
}

WordIndex::WordIndex(const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    const std::string spelling = spelling_of(word);
    const auto row = static_cast<int64_t>(first_.size());
    if (spellings_.add(spelling) >= 0) row_of_.push_back(row);
    first_.push_back(row_of_[static_cast<size_t>(spellings_.find(spelling))]);
  }
}

int64_t WordIndex::find(std::string_view word) const {
  const int64_t spelling = spellings_.find(spelling_of(word));
  return spelling < 0 ? -1 : row_of_[static_cast<size_t>(spelling)];
}

}  // namespace lexigrad::train
