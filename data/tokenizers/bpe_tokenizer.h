// Byte pairs learnt from a text of one's own.
#pragma once
#include "lexigrad/data/tokenizers/bpe/piece_counts.h"
#include "lexigrad/data/tokenizers/byte_pair_tokenizer.h"

namespace lexigrad::data {

struct BpeTokenizerOptions {
  /// The 256 bytes, a token for each merge and <|endoftext|>, which is the last; fewer where the text gives no more.
  int64_t vocabulary_size = 8192;
  int64_t min_count = 2;  ///< pairs that are rarer are not merged
};

/// Learns the merges of Hugging Face's BpeTrainer with its ByteLevel pre-tokenizer, see learn_merges(); encodes as
/// tiktoken does, by the lowest id.
class BpeTokenizer final : public BytePairTokenizer {
 public:
  static constexpr std::string_view kKind = "bpe";
  static constexpr int64_t kMostTokens = int64_t{1} << 20;
  /// The row of tokenizers().
  static TokenizerKind row();

  /// Learns over all threads, the same tokens for any number of them. Throws std::invalid_argument for a size outside
  /// 257..kMostTokens.
  static BpeTokenizer from_text(std::string_view text, BpeTokenizerOptions options = {});
  /// Learns from pieces that are counted already. `lengths`, where given, becomes how many tokens they are together, by
  /// bytes alone, then with each further token: a vocabulary's size is chosen by it.
  static BpeTokenizer from_counts(const PieceCounts& pieces, BpeTokenizerOptions options = {},
                                  std::vector<int64_t>* lengths = nullptr);
  /// Reads what body() wrote.
  static BpeTokenizer from_body(std::string_view body, const std::string& path);

  std::string_view kind() const override { return kKind; }

 private:
  using BytePairTokenizer::BytePairTokenizer;
};

}  // namespace lexigrad::data
