// What kind of character a code point is, by Unicode 16.0 (the tables are made by make_unicode_tables.py).
#pragma once
#include <cstdint>

#include "lexigrad/data/text/unicode_tables.h"

namespace lexigrad::data {

/// Letters are \p{L} without ideographs, numbers \p{N}, spaces White_Space, marks \p{M}; control
/// is Cc and Cf.
enum class CharClass : uint8_t { other, letter, number, space, mark, ideograph, control };

/// The class of a code point; `other` above U+10FFFF.
inline CharClass char_class(char32_t code) {
  if (code > 0x10FFFF) return CharClass::other;
  return static_cast<CharClass>(detail::kClasses[detail::kClassBlock[code / 128]][code % 128] - '0');
}

/// The one lower-case letter of a code point (itself where it has none).
char32_t to_lower(char32_t code);

}  // namespace lexigrad::data
