// GPT-2's pre-tokenizer: cuts a text into the pieces within which byte pairs are merged. Its pattern is
//   '(?:[sdmt]|ll|ve|re) | ?\p{L}+ | ?\p{N}+ | ?[^\s\p{L}\p{N}]+ | \s+$ | \s+(?!\S) | \s
#pragma once

namespace lexigrad::data {

/// The end of the piece that starts at p < end. A byte outside UTF-8 is neither letter,
/// number nor space.
const char* gpt2_piece_end(const char* p, const char* end);

/// The first place at or after p where every text may be cut without changing its pieces (begin
/// < p), or end.
const char* gpt2_safe_cut(const char* p, const char* end);

}  // namespace lexigrad::data
