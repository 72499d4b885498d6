// Words and punctuation marks as tokens; the rules are in docs/tokenizers.md.
#pragma once
#include "lexigrad/data/text/word_scanner.h"
#include "lexigrad/data/tokenizers/tokenizer.h"

namespace lexigrad::data {

inline constexpr std::string_view kUnknown = "<|unk|>";

struct WordTokenizerOptions {
  int64_t min_count = 1;   ///< words seen less often become "<|unk|>"
  bool lowercase = false;  ///< "The" and "the" are one word
  int64_t max_vocabulary =
      0;  ///< the most frequent words that are kept, of equals the first by code point; 0: all
};

class WordTokenizer : public Tokenizer {
 public:
  static constexpr std::string_view kKind = "word";
  /// The row of tokenizers().
  static TokenizerKind row();

  /// Learns the vocabulary of a text: words sorted by code point, then <|unk|> and
  /// <|endoftext|>. Throws std::invalid_argument when min_count < 1, max_vocabulary < 0 or no word is left.
  static WordTokenizer from_text(std::string_view text, WordTokenizerOptions options = {});
  static WordTokenizer from_text(ByteSource& text, WordTokenizerOptions options = {});
  /// Takes a vocabulary that has <|unk|> and <|endoftext|>. Throws std::invalid_argument when
  /// it has not.
  explicit WordTokenizer(Vocabulary vocabulary, bool lowercase = false);
  /// Reads what body() wrote.
  static WordTokenizer from_body(std::string_view body, const std::string& path);

  std::string decode(std::span<const int64_t> ids) const override;
  int64_t id_of(std::string_view word) const override;
  std::vector<int64_t> candidates(std::string_view word) const override;
  /// Behind a line's end, which only separates.
  size_t cut(std::string_view text, size_t from) const override;
  std::string_view kind() const override { return kKind; }
  /// <|unk|> and <|endoftext|>.
  std::vector<SpecialToken> special_tokens() const override;
  bool has_whole_words() const override { return true; }
  bool lowercase() const { return lowercase_; }
  int64_t unknown() const { return unknown_; }

 private:
  void append_ids(std::string_view text, std::vector<int64_t>& ids) const override;
  void append_places(std::string_view text, size_t first, std::vector<TokenPlace>& out) const override;
  std::string body() const override;
  std::string own_spelling(std::string_view word) const;

  bool lowercase_;
  int64_t unknown_;
};

}  // namespace lexigrad::data
