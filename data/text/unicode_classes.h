// What kind of character a code point is, by Unicode 16.0 (the tables are made by make_unicode_tables.py).
#pragma once
#include <cstddef>
#include <cstdint>

namespace lexigrad::data {

/// Letters are \p{L} without ideographs, numbers \p{N}, spaces White_Space, marks \p{M}; control is Cc and
/// Cf.
enum class CharClass : uint8_t { other, letter, number, space, mark, ideograph, control };

namespace detail {
struct LowerRange {
  uint32_t first, last, step;
  int32_t delta;
};
extern const uint16_t kClassBlock[];
extern const char kClasses[][129];
extern const LowerRange kLower[];
extern const size_t kLowerSize;
}  // namespace detail

/// The class of a code point; `other` above U+10FFFF.
inline CharClass char_class(char32_t code) {
  if (code > 0x10FFFF) return CharClass::other;
  return static_cast<CharClass>(detail::kClasses[detail::kClassBlock[code / 128]][code % 128] - '0');
}

/// The one lower-case letter of a code point (itself where it has none).
char32_t to_lower(char32_t code);

}  // namespace lexigrad::data
