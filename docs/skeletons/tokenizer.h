// ByteTokenizer: copy to data/tokenizers/byte_tokenizer.h, add its line to data/data.h and its row to
// data/tokenizers/tokenizers.cpp.
#pragma once
#include "lexigrad/data/tokenizers/tokenizer.h"

namespace lexigrad::data {

/// Each byte of the text is a token; bytes that the vocabulary's text had not are left out.
class ByteTokenizer final : public Tokenizer {
 public:
  static constexpr std::string_view kKind = "byte";
  /// The row of tokenizers().
  static TokenizerKind row();
  /// Learns the bytes of a text, in order, then <|endoftext|>.
  static ByteTokenizer from_text(std::string_view text);

  std::string decode(std::span<const int64_t> ids) const override;
  int64_t id_of(std::string_view word) const override { return vocabulary().id_of(word); }
  std::vector<int64_t> candidates(std::string_view word) const override;
  std::string_view kind() const override { return kKind; }

 private:
  explicit ByteTokenizer(Vocabulary vocabulary) : Tokenizer(std::move(vocabulary)) {}
  void append_ids(std::string_view text, std::vector<int64_t>& ids) const override;
  std::string body() const override { return vocabulary().to_lines(); }
};

}  // namespace lexigrad::data
