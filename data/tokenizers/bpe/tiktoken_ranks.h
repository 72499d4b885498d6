// Reads tiktoken's files of ranks.
#pragma once
#include <string>
#include <string_view>

#include "lexigrad/data/tokenizers/bpe/token_list.h"

namespace lexigrad::data {

/// Byte pairs from lines "base64 rank", whose ids are the ranks; the file states no pattern. <|endoftext|> is the one id
/// that the ranks leave free, else the one behind the last. Throws FileError.
BytePairFile read_tiktoken_ranks(std::string_view bytes, const std::string& path);

}  // namespace lexigrad::data
