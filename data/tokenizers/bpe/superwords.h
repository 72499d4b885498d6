// Tokens of several words (SuperBPE, arXiv 2503.13423): merges within pieces of GPT-2's pattern first, then within phrases.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lexigrad/data/text/byte_source.h"
#include "lexigrad/data/tokenizers/bpe/piece_counts.h"
#include "lexigrad/data/tokenizers/bpe/token_list.h"

namespace lexigrad::data {

/// Counts of pieces of all texts, and of their blocks of some MiB so many as `most` bytes have room for: all, then each
/// second, fourth, eighth ..., evenly over the texts; of a single larger block its beginning. Threads change nothing.
class SuperwordTexts {
 public:
  static constexpr size_t kMost = size_t{64} << 20;  ///< learning from so many takes some 900 MB
  static constexpr size_t kBlock = size_t{1} << 20;

  explicit SuperwordTexts(size_t most = kMost) : most_(most) {}

  /// A text of any size, a block of it in memory at a time.
  void add_text(ByteSource& text);
  const PieceCounts& pieces() const { return pieces_; }
  /// Blocks that are kept; each ends where a phrase does.
  std::vector<std::string_view> blocks() const;
  int64_t kept_bytes() const { return kept_bytes_; }
  int64_t bytes() const { return bytes_; }

 private:
  struct Block {
    int64_t number;
    std::string text;
  };
  void keep(std::string_view block);

  PieceCounts pieces_;
  size_t most_;
  std::vector<Block> kept_;
  int64_t blocks_ = 0, step_ = 1, kept_bytes_ = 0, bytes_ = 0;
};

struct SuperwordOptions {
  int64_t size = 8192;   ///< tokens, as BpeTokenizerOptions::vocabulary_size
  int64_t begin = 6144;  ///< tokens, <|endoftext|> among them, from which on merges cross blanks: 257..size
  int64_t least = 2;     ///< pairs that are rarer are not merged
};

/// Tokens and merges up to `begin` by learn_merges(); then the kept blocks are cut by Pattern::phrases, merged, and the pair
/// that is there most often in them becomes a token, of equals the one of lower ids. Longer phrases count as several of
/// 1024 tokens. The rules are those of tokenizers: merges by their ranks. The same for any number of threads. `length`, where
/// given, becomes how many tokens the kept blocks are.
BytePairFile learn_superwords(const SuperwordTexts& texts, const SuperwordOptions& options,
                              int64_t* length = nullptr);

}  // namespace lexigrad::data
