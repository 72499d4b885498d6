// Reads the tokenizer.json of Hugging Face's tokenizers.
#pragma once
#include <string>
#include <string_view>

#include "lexigrad/data/tokenizers/bpe/token_list.h"

namespace lexigrad::data {

/// Byte pairs from the bytes of a tokenizer.json of byte-level BPE, with the pattern, the merges and ignore_merges that
/// it states. What stands around the ids of a text is not looked at: truncation, padding, post_processor. Throws
/// FileError, which names the key, for damage and for every rule that would make other ids.
BytePairFile read_tokenizer_json(std::string_view bytes, const std::string& path);

/// Byte pairs of a folder with vocab.json and merges.txt or, under GPT-2's names, encoder.json and vocab.bpe. Neither
/// file states a pattern. Throws FileError.
BytePairFile read_vocabulary_folder(const std::string& folder);

}  // namespace lexigrad::data
