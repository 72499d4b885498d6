// What kinds of bytes stand in a text, 64 at a time, as bits: the first byte is the lowest.
#pragma once
#include <cstddef>
#include <cstdint>

namespace lexigrad::data {

/// A bit for each of 64 bytes. All but the last two are ASCII's.
struct ByteClasses {
  uint64_t letter, number, space;  ///< space: what C's isspace() says
  uint64_t blank, apostrophe;      ///< ' ' and '\''
  uint64_t multibyte;              ///< 0x80 and above
  uint64_t ideograph;              ///< where characters of U+4E00..U+9FBF begin, all of them ideographs
};

inline constexpr size_t kBytesBehind = 2;  ///< of a block: a character that begins in it may end there

/// Classifies `blocks` blocks of 64 bytes from `text` on. All of them, and kBytesBehind more, are there to be read.
void classify_bytes(const char* text, size_t blocks, ByteClasses* out);

}  // namespace lexigrad::data
