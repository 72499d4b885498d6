// GPT-2's pre-tokenizer: cuts a text into the pieces within which byte pairs are merged. Its pattern is
//   '(?:[sdmt]|ll|ve|re) | ?\p{L}+ | ?\p{N}+ | ?[^\s\p{L}\p{N}]+ | \s+$ | \s+(?!\S) | \s
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lexigrad/data/tokenizers/bpe/byte_classes.h"

namespace lexigrad::data {

/// Finds where the pieces of a text start, some thousand bytes at a time. A byte outside UTF-8 is neither
/// letter, number nor space.
class Gpt2Scanner {
 public:
  static constexpr size_t kBlocks = 64;                    ///< of 64 bytes, that next() goes through at once
  static constexpr size_t kMostStarts = 64 * kBlocks + 8;  ///< that next() may write

  explicit Gpt2Scanner(std::string_view text);

  /// Writes the next starts, and returns how many they are (0 at times); the first of all is 0.
  size_t next(size_t* starts);
  bool at_end() const { return at_ >= text_.size(); }

 private:
  /// All bytes of a character have its class.
  struct Block : ByteClasses {
    uint64_t space2 = 0, space3 = 0;  ///< where spaces of 2 and 3 bytes begin
  };

  void classify(size_t first, size_t count);
  void add_multibyte(Block& block, size_t at);
  uint64_t starts_in(const Block& block, const Block& after, size_t at);
  uint64_t without_contractions(uint64_t starts, uint64_t apostrophes, size_t at);
  char byte(size_t at) const { return at < text_.size() ? text_[at] : ' '; }

  std::string_view text_;
  size_t at_ = 0;       // of the next block
  size_t decoded_ = 0;  // characters before here have their classes
  Block spill_{};       // of a character that goes on into the next block
  std::array<Block, kBlocks + 1> blocks_;
  uint64_t letter_ = 0, number_ = 0, other_ = 0, space_ = 0, blank_ = 0;  // 1 where the byte before was one
  uint64_t set_ = 0, cleared_ = 0;  // starts of the next block that a contraction decides
};

/// Calls use(starts, count) for the pieces of a text, some thousand at a time: piece i begins at starts[i] and ends
/// where the next one begins, the last at starts[count].
template <class Use>
void for_gpt2_pieces(std::string_view text, const Use& use) {
  size_t starts[Gpt2Scanner::kMostStarts + 2];
  Gpt2Scanner scanner(text);
  size_t count = 0;  // of the starts that wait, the last of them for the piece's end
  while (!scanner.at_end()) {
    count += scanner.next(starts + count);
    if (count < 2) continue;
    use(starts, count - 1);
    starts[0] = starts[count - 1];
    count = 1;
  }
  starts[count] = text.size();
  use(starts, count);
}

/// The first place at or after `from`, which is 1 or more, where a text may be cut without changing its pieces,
/// whatever comes behind it; the text's size where there is none.
size_t gpt2_safe_cut(std::string_view text, size_t from);
/// True where the character that ends before `at` is a space.
bool is_behind_space(std::string_view text, size_t at);

}  // namespace lexigrad::data
