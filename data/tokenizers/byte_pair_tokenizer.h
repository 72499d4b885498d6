// What tokenizers share that cut a text by a pattern and merge byte pairs.
#pragma once
#include <memory>

#include "lexigrad/data/tokenizers/bpe/byte_pairs.h"
#include "lexigrad/data/tokenizers/tokenizer.h"

namespace lexigrad::data {

class BytePairEncoder;

/// decode(encode(b)) == b for any bytes b, valid UTF-8 or not.
class BytePairTokenizer : public Tokenizer {
 public:
  std::string decode(std::span<const int64_t> ids) const override;
  int64_t id_of(std::string_view word) const override;
  std::vector<int64_t> candidates(std::string_view word) const override;
  /// Where the pattern has a piece's end in any text: before a space, or behind a line's end.
  size_t cut(std::string_view text, size_t from) const override;

 protected:
  /// Tokens with all single bytes and "<|endoftext|>" among them.
  BytePairTokenizer(Vocabulary vocabulary, BytePairRules rules);
  /// By GPT-2's pattern, with ids that are the ranks of the merges.
  explicit BytePairTokenizer(Vocabulary vocabulary);
  const BytePairRules& rules() const;
  /// Throws FileError, beginning with `where`, where a saved vocabulary lacks a byte or "<|endoftext|>".
  static void check_body(std::string_view where, const Vocabulary& vocabulary, const std::string& path);
  /// Reads what body() wrote, Vocabulary::to_lines(). Throws FileError, beginning with `where`, where it is damaged.
  static Vocabulary read_body(std::string_view where, std::string_view body, const std::string& path);

 private:
  void append_ids(std::string_view text, std::vector<int64_t>& ids) const override;
  size_t write_ids(std::string_view text, const Places& places) const override;
  std::string body() const override { return vocabulary().to_lines(); }

  std::shared_ptr<BytePairEncoder> encoder_;  ///< copies share it, and what it remembers
};

}  // namespace lexigrad::data
