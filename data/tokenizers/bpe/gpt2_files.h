// GPT-2's vocabulary files, as OpenAI published them.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "lexigrad/data/tokenizers/vocabulary.h"

namespace lexigrad::data {

/// Tokens by id from folder/vocab.bpe (256 bytes, one token a merge, <|endoftext|>), held
/// against folder/encoder.json. Throws FileError when a file is missing or damaged, or the two
/// do not agree.
Vocabulary read_gpt2_files(const std::string& folder);

/// Calls use(left, right, offset) for each merge of a file like vocab.bpe, with the bytes of its parts and its line's
/// place. Throws FileError, with `hint`, where the file is missing or damaged.
void read_merges(const std::string& path, std::string_view hint,
                 const std::function<void(const std::string&, const std::string&, int64_t)>& use);

}  // namespace lexigrad::data
