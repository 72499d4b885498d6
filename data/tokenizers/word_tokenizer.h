// Words and punctuation marks as tokens; the rules are in docs/tokenizers.md.
#pragma once
#include "lexigrad/data/tokenizers/tokenizer.h"

namespace lexigrad::data {

inline constexpr std::string_view kUnknown = "<|unk|>";

struct WordTokenizerOptions {
  int64_t min_count = 1;   ///< words seen less often become "<|unk|>"
  bool lowercase = false;  ///< "The" and "the" are one word
};

/// Calls use(word) for each token of a text, in order; the view lives until `use` returns.
template <class Use>
void for_each_word(std::string_view text, bool lowercase, const Use& use);

class WordTokenizer : public Tokenizer {
 public:
  /// Learns the vocabulary of a text: words sorted by code point, then <|unk|> and <|endoftext|>.
  /// Throws std::invalid_argument when min_count < 1 or no word is left.
  static WordTokenizer from_text(std::string_view text, WordTokenizerOptions options = {});
  /// Takes a vocabulary that has <|unk|> and <|endoftext|>. Throws std::invalid_argument when it has not.
  explicit WordTokenizer(Vocabulary vocabulary, bool lowercase = false);
  /// What load_tokenizer() reads.
  static WordTokenizer from_body(std::string_view body, const std::string& path);

  std::string decode(std::span<const int64_t> ids) const override;
  int64_t id_of(std::string_view word) const override;
  std::vector<int64_t> candidates(std::string_view word) const override;
  /// Behind a line's end, which only separates.
  size_t cut(std::string_view text, size_t from) const override;
  std::string_view kind() const override { return "word"; }
  bool lowercase() const { return lowercase_; }
  int64_t unknown() const { return unknown_; }

 private:
  void append_ids(std::string_view text, std::vector<int64_t>& ids) const override;
  std::string body() const override;
  std::string own_spelling(std::string_view word) const;

  bool lowercase_;
  int64_t unknown_;
};

/// Cuts a text into words, one per call of next().
class WordScanner {
 public:
  WordScanner(std::string_view text, bool lowercase)
      : at_(text.data()), end_(text.data() + text.size()), lowercase_(lowercase) {}
  /// Moves to the next word; false at the end of the text.
  bool next();
  const std::string& word() const { return word_; }

 private:
  void scan_word();
  void scan_run(char32_t code, bool valid);
  void scan_marks();
  bool joins() const;
  void take();

  const char* at_;
  const char* end_;
  bool lowercase_;
  std::string word_;
};

template <class Use>
void for_each_word(std::string_view text, bool lowercase, const Use& use) {
  for (WordScanner scanner(text, lowercase); scanner.next();) use(std::string_view(scanner.word()));
}

}  // namespace lexigrad::data
