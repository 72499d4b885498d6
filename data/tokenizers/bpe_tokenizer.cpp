#include "lexigrad/data/tokenizers/bpe_tokenizer.h"

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/data/tokenizers/bpe/learn_merges.h"

namespace lexigrad::data {
namespace {
constexpr std::string_view kWhere = "bpe_tokenizer";
}  // namespace

TokenizerKind BpeTokenizer::row() {
  const std::string size = "bpe-size", rarest = "bpe-min-count";
  const BpeTokenizerOptions standard;
  return {
      .name = std::string(kKind),
      .help = "learns byte pairs from the input itself",
      .options = {{size, standard.vocabulary_size, Whole{257, kMostTokens},
                   "tokens: 256 bytes, merges and <|endoftext|> (bpe tokenizer)"},
                  {rarest, standard.min_count, Whole{1, int64_t{1} << 40},
                   "pairs that are rarer are not merged (bpe tokenizer)"}},
      .learns = true,
      .make =
          [=](ByteSource& text, const OptionValues& options) {
            PieceCounts pieces;
            pieces.add_text(text);
            return std::make_unique<BpeTokenizer>(from_counts(
                pieces,
                {.vocabulary_size = options.get<int64_t>(size), .min_count = options.get<int64_t>(rarest)}));
          },
      .load = [](std::string_view body,
                 const std::string& path) { return std::make_unique<BpeTokenizer>(from_body(body, path)); }};
}

BpeTokenizer BpeTokenizer::from_text(std::string_view text, BpeTokenizerOptions options) {
  PieceCounts pieces;
  pieces.add_text(text);
  return from_counts(pieces, options);
}

BpeTokenizer BpeTokenizer::from_counts(const PieceCounts& pieces, BpeTokenizerOptions options,
                                       std::vector<int64_t>* lengths) {
  check(options.vocabulary_size > 256 && options.vocabulary_size <= kMostTokens, kWhere,
        "vocabulary_size is ", options.vocabulary_size, " (valid are 257..", kMostTokens, ")");
  check(options.min_count >= 1, kWhere, "min_count is ", options.min_count, " (valid are 1 and more)");
  Vocabulary tokens = learn_merges(pieces, options.vocabulary_size - 1, options.min_count, lengths);
  tokens.add(kEndOfText);
  return BpeTokenizer(std::move(tokens));
}

BpeTokenizer BpeTokenizer::from_body(std::string_view body, const std::string& path) {
  return BpeTokenizer(read_body(kWhere, body, path));
}

}  // namespace lexigrad::data
