// Byte pairs of another program's file.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lexigrad/data/tokenizers/bpe/token_list.h"
#include "lexigrad/data/tokenizers/byte_pair_tokenizer.h"

namespace lexigrad::data {

/// The ids of the program whose file it is: of tokenizers for a tokenizer.json of byte-level BPE and a folder with
/// vocab.json and merges.txt (encoder.json and vocab.bpe), of tiktoken for lines "base64 rank".
class FileTokenizer final : public BytePairTokenizer {
 public:
  static constexpr std::string_view kKind = "file";
  /// The row of tokenizers().
  static TokenizerKind row();

  /// `pattern` is a name of pattern_named(), or empty for the one that the file states. Throws FileError where the file is
  /// missing or damaged, states a rule that is not known here, or states no pattern or another one; and
  /// std::invalid_argument where there is no pattern of that name.
  explicit FileTokenizer(const std::string& path, std::string_view pattern = "");
  /// Takes tokens and rules that are at hand.
  explicit FileTokenizer(BytePairFile file);
  /// Reads what body() wrote.
  static FileTokenizer from_body(std::string_view body, const std::string& path);

  /// The file's, each with the rules that it has for what stands beside it (lstrip, rstrip, single_word), and <|endoftext|>.
  std::vector<SpecialToken> special_tokens() const override;
  std::string_view kind() const override { return kKind; }

 private:
  using SpecialRules = std::map<int64_t, std::string>;  // by the token's id
  struct Contents {
    BytePairFile pairs;
    SpecialRules special;
  };
  explicit FileTokenizer(Contents file);
  static Contents read(const std::string& path, std::string_view pattern);
  std::string body() const override;

  SpecialRules special_rules_;
};

}  // namespace lexigrad::data
