// GPT-2's byte-pair encoding: the ids of tiktoken's "gpt2" for every text.
#pragma once
#include "lexigrad/data/tokenizers/byte_pair_tokenizer.h"

namespace lexigrad::data {

/// 50257 tokens with GPT-2's own files.
class Gpt2Tokenizer final : public BytePairTokenizer {
 public:
  static constexpr std::string_view kKind = "gpt2";
  /// The row of tokenizers().
  static TokenizerKind row();

  /// Reads encoder.json and vocab.bpe of a folder. Throws FileError when they are missing,
  /// damaged or do not agree.
  explicit Gpt2Tokenizer(const std::string& folder);
  /// Reads the folder default_folder(). Its error says which command gets the files.
  static Gpt2Tokenizer from_cache();
  /// $LEXIGRAD_CACHE/gpt2, else ${XDG_CACHE_HOME:-$HOME/.cache}/lexigrad/gpt2.
  static std::string default_folder();
  /// Reads what body() wrote: Vocabulary::to_lines().
  static Gpt2Tokenizer from_body(std::string_view body, const std::string& path);

  std::string_view kind() const override { return kKind; }

 private:
  using BytePairTokenizer::BytePairTokenizer;
};

}  // namespace lexigrad::data
