// GPT-2's byte-pair encoding: the ids of tiktoken's "gpt2" for every text.
#pragma once
#include "lexigrad/data/tokenizers/tokenizer.h"

namespace lexigrad::data {

/// 50257 tokens with GPT-2's own files. decode(encode(b)) == b for any bytes b, valid UTF-8 or not.
class Gpt2Tokenizer : public Tokenizer {
 public:
  static constexpr std::string_view kKind = "gpt2";
  /// The row of tokenizers().
  static TokenizerKind row();

  /// Reads encoder.json and vocab.bpe of a folder. Throws FileError when they are missing, damaged
  /// or do not agree.
  explicit Gpt2Tokenizer(const std::string& folder);
  /// Reads the folder default_folder(). Its error says which command gets the files.
  static Gpt2Tokenizer from_cache();
  /// $LEXIGRAD_CACHE/gpt2, else ${XDG_CACHE_HOME:-$HOME/.cache}/lexigrad/gpt2.
  static std::string default_folder();
  /// Reads what body() wrote: Vocabulary::to_lines().
  static Gpt2Tokenizer from_body(std::string_view body, const std::string& path);

  std::string decode(std::span<const int64_t> ids) const override;
  int64_t id_of(std::string_view word) const override;
  std::vector<int64_t> candidates(std::string_view word) const override;
  /// Behind a line's end that stands between two visible ASCII characters: it is a piece of its own
  /// in any text.
  size_t cut(std::string_view text, size_t from) const override;
  std::string_view kind() const override { return kKind; }

 private:
  explicit Gpt2Tokenizer(Vocabulary vocabulary) : Tokenizer(std::move(vocabulary)) {}
  void append_ids(std::string_view text, std::vector<int64_t>& ids) const override;
  std::string body() const override { return vocabulary().to_lines(); }
};

}  // namespace lexigrad::data
