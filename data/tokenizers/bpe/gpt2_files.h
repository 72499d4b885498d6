// GPT-2's vocabulary files, as OpenAI published them.
#pragma once
#include <string>

#include "lexigrad/data/tokenizers/vocabulary.h"

namespace lexigrad::data {

/// Tokens by id from folder/vocab.bpe (256 bytes, one token a merge, <|endoftext|>), held
/// against folder/encoder.json. Throws FileError when a file is missing or damaged, or the two
/// do not agree.
Vocabulary read_gpt2_files(const std::string& folder);

}  // namespace lexigrad::data
