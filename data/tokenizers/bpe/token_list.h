// The tokens and merges that a file lists, in any order, as a vocabulary and its rules.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lexigrad/data/tokenizers/bpe/byte_pairs.h"
#include "lexigrad/data/tokenizers/vocabulary.h"

namespace lexigrad::data {

/// What a file of byte pairs says.
struct BytePairFile {
  Vocabulary vocabulary;
  BytePairRules rules;
};

/// Collects what a file lists and holds it against itself. Throws FileError that names the file.
class TokenList {
 public:
  explicit TokenList(std::string path) : path_(std::move(path)) {}

  /// A token of a text. Its bytes and its id are each other's alone.
  void add(std::string bytes, int64_t id) { add(std::move(bytes), id, false); }
  /// A token that no text makes; it may be there already with this id.
  void add_special(std::string bytes, int64_t id) { add(std::move(bytes), id, true); }

  /// The vocabulary, with all single bytes. <|endoftext|> takes the first id that is free where the file has none. Other
  /// ids that are free between special tokens become special tokens "<|unused ID|>"; elsewhere one is an error.
  BytePairFile finish() &&;

 private:
  struct Token {
    int64_t id;
    std::string bytes;
    bool special;
  };
  [[noreturn]] void fail(std::string_view what) const;
  void add(std::string bytes, int64_t id, bool special);
  void join_equal();
  void fill_gaps();

  std::string path_;
  std::vector<Token> tokens_;
};

/// Adds the merge of two tokens, the next in rank. Throws FileError where one of them or their union is no token.
void add_merge(BytePairFile& file, std::string_view left, std::string_view right, const std::string& path);
/// Throws FileError where a pair is merged twice, or there are too many.
void check_merges(const BytePairFile& file, const std::string& path);

}  // namespace lexigrad::data
