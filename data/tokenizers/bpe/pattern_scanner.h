// The pre-tokenizers of cl100k, Llama 3 and o200k, whose patterns begin with a letter or a sign before it:
//   cl100k  '(?i:[sdmt]|ll|ve|re) | [^\r\n\p{L}\p{N}]?+\p{L}++ | \p{N}{1,3}+ | ?[^\s\p{L}\p{N}]++[\r\n]*+
//           | \s++$ | \s*[\r\n] | \s+(?!\S) | \s
//   llama3  the same without \s++$
//   o200k   [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?
//           | [^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?
//           | \p{N}{1,3} | ?[^\s\p{L}\p{N}]+[\r\n/]* | \s*[\r\n]+ | \s+(?!\S) | \s+
// and our own:
//   phrases   ?\p{N}+ | else spaces and what follows up to a number and the blank before it, to spaces behind a sign of
//            . ! ? or to spaces with a line's end among them
#pragma once
#include <cstddef>
#include <string_view>

#include "lexigrad/data/tokenizers/bpe/gpt2_scanner.h"
#include "lexigrad/data/tokenizers/bpe/patterns.h"

namespace lexigrad::data {

/// Finds where the pieces of a text start, by any pattern but GPT-2's; looks at each character three times at most. A
/// byte outside UTF-8 is neither letter, number nor space.
class PatternScanner {
 public:
  static constexpr size_t kMostPieces = 1024;  ///< that next() finds at once

  PatternScanner(Pattern pattern, std::string_view text) : pattern_(pattern), text_(text) {}

  /// Writes the starts of the next pieces and the end of the last one, kMostPieces + 1 places at most. Returns how many
  /// pieces they are, 0 at the text's end.
  size_t next(size_t* starts);

 private:
  Pattern pattern_;
  std::string_view text_;
  size_t at_ = 0;
};

/// Calls use(starts, count) for the pieces of a text, some thousand at a time: piece i begins at starts[i] and ends
/// where the next one begins, the last at starts[count].
template <class Use>
void for_pieces(Pattern pattern, std::string_view text, const Use& use) {
  if (pattern == Pattern::gpt2) return for_gpt2_pieces(text, use);
  size_t starts[PatternScanner::kMostPieces + 1];
  PatternScanner scanner(pattern, text);
  while (size_t count = scanner.next(starts)) use(starts, count);
}

}  // namespace lexigrad::data
