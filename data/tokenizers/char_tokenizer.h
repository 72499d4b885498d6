// Characters as tokens.
#pragma once
#include "lexigrad/data/tokenizers/tokenizer.h"

namespace lexigrad::data {

/// Each character of UTF-8 is a token, and each byte that is none; what the vocabulary's text had not is <|unk|>.
class CharTokenizer final : public Tokenizer {
 public:
  static constexpr std::string_view kKind = "char";
  /// The row of tokenizers().
  static TokenizerKind row();
  /// Learns the characters of a text: in the order of their bytes, then <|unk|> and <|endoftext|>. Throws
  /// std::invalid_argument where it is empty.
  static CharTokenizer from_text(std::string_view text);
  static CharTokenizer from_text(ByteSource& text);

  std::string decode(std::span<const int64_t> ids) const override;
  int64_t id_of(std::string_view word) const override { return vocabulary().id_of(word); }
  std::vector<int64_t> candidates(std::string_view word) const override;
  /// Between any two characters.
  size_t cut(std::string_view text, size_t from) const override;
  std::string_view kind() const override { return kKind; }
  /// <|unk|> and <|endoftext|>.
  std::vector<SpecialToken> special_tokens() const override;
  bool has_whole_words() const override { return true; }

 private:
  explicit CharTokenizer(Vocabulary vocabulary);
  void append_ids(std::string_view text, std::vector<int64_t>& ids) const override;
  void append_places(std::string_view text, size_t first, std::vector<TokenPlace>& out) const override;
  std::string body() const override { return vocabulary().to_lines(); }

  int64_t unknown_;
};

}  // namespace lexigrad::data
