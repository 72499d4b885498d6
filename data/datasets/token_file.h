// Ids of texts in a file, with where documents end and the tokenizer they are of: docs/corpora.md has it to the byte.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lexigrad/autograd/base/file.h"
#include "lexigrad/autograd/base/xxh64.h"
#include "lexigrad/data/datasets/token_array.h"
#include "lexigrad/data/text/documents.h"
#include "lexigrad/data/tokenizers/tokenizer.h"

namespace lexigrad::data {

/// How much a token file holds.
struct TokenFileSizes {
  int64_t tokens = 0;
  int64_t documents = 0;
  int64_t text_bytes = 0;  ///< of the texts, in UTF-8
};

/// Writes the ids of documents to a token file at `out`, whole or not at all, a block of text in memory at a time.
/// Throws FileError, and std::invalid_argument where the tokenizer's kind could not be loaded again or a text has a special
/// token that is refused.
TokenFileSizes encode_file(const Tokenizer& tokenizer, Documents& documents, const std::string& out,
                           const EncodeOptions& options = {});

/// A token file: its ids stay in it.
class TokenFile {
 public:
  static constexpr std::string_view kMagic = "LXTOKENS";  ///< what one begins with
  /// True where the file begins as a token file does; false where it cannot be read, too.
  static bool is_one(const std::string& path);
  /// Kind of the tokenizer in a token file, of which no more is read. Throws FileError.
  static std::string tokenizer_kind(const std::string& path);

  /// Reads all of it once, to see that it is whole. Throws FileError where it is none, damaged, cut short, or of
  /// a version that came later.
  explicit TokenFile(const std::string& path);

  const TokenFileSizes& sizes() const { return sizes_; }
  const TokenArray& tokens() const { return tokens_; }
  /// Tokens up to the end of each document.
  const std::vector<int64_t>& document_ends() const { return ends_; }
  /// As the ids' numbers mean it. Throws as load_tokenizer().
  std::unique_ptr<Tokenizer> tokenizer() const;
  /// XXH64 of the tokenizer's bytes, as 16 digits: equal where two files' ids mean the same.
  const std::string& vocabulary_sum() const { return vocabulary_sum_; }
  /// XXH64 of all that is in it, as 16 digits.
  const std::string& sum() const { return sum_; }

 private:
  std::string path_, saved_tokenizer_, vocabulary_sum_, sum_;
  TokenFileSizes sizes_;
  TokenArray tokens_;
  std::vector<int64_t> ends_;
};

}  // namespace lexigrad::data
