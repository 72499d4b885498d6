// GPT-2's encoding by several threads: pieces from the scanner, ids from a small table of pieces already
// met, else from merging.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "lexigrad/data/tokenizers/vocabulary.h"

namespace lexigrad::data {

/// Appends the ids of a text in which nothing is special; the same for any number of threads. The
/// vocabulary's ids are the ranks of its merges, and every single byte is a token.
void append_gpt2_ids(const Vocabulary& vocabulary, std::string_view text, std::vector<int64_t>& ids);

}  // namespace lexigrad::data
