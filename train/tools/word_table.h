// Vectors and their words, as the verbs that look words up share them.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lexigrad/data/tokenizers/tokenizer.h"
#include "lexigrad/train/vectors/neighbors.h"

namespace CLI {
class App;
}

namespace lexigrad::tools {

/// How a verb names its vectors and words: the flags that its lookups have in common.
struct WordFlags {
  std::string source;
  std::vector<std::string> words;
  int64_t k = 10;
  bool exact = false, json = false;

  /// RUN|FILE, and the flags -k, --exact and --json.
  void add_to(CLI::App& verb);
};

class WordTable {
 public:
  /// The vectors of a RUN folder or a file.
  explicit WordTable(const WordFlags& flags);

  const Tensor& rows() const { return rows_; }
  /// The id of a word: GPT-2's with and without the leading blank, or with --exact the token's whole text. Throws,
  /// naming what is near, where there is none.
  int64_t find(const std::string& word) const;
  /// A token as a person sees it: escaped, and in quotes where blanks at its ends would not show.
  std::string shown(int64_t id) const;
  /// A token's text as JSON has it.
  std::string escaped(int64_t id) const;
  /// A heading, and a line for each row.
  std::string table(const std::string& heading, const std::vector<NearRow>& found) const;

 private:
  std::vector<int64_t> candidates(const std::string& word) const;
  [[noreturn]] void fail_unknown(const std::string& word) const;

  bool exact_;
  Tensor rows_;
  data::Vocabulary vocabulary_;
  std::unique_ptr<data::Tokenizer> tokenizer_;  ///< where the vectors come from a RUN folder
};

/// The rows as an array of objects, for nlohmann's JSON.
template <class Json>
Json near_json(const WordTable& table, const std::vector<NearRow>& found) {
  Json list = Json::array();
  for (const NearRow& near : found)
    list.push_back({{"word", table.escaped(near.id)}, {"id", near.id}, {"similarity", near.similarity}});
  return list;
}

}  // namespace lexigrad::tools
