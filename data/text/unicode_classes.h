// What kind of character a code point is, by Unicode 16.0 (the tables are
// made by make_unicode_tables.py).
#pragma once
#include <cstdint>

#include "lexigrad/data/text/unicode_tables.h"

namespace lexigrad::data {

/// Letters are \p{L} without ideographs, numbers \p{N}, spaces White_Space, marks \p{M};
/// control is Cc and Cf.
enum class CharClass : uint8_t { other, letter, number, space, mark, ideograph, control };

/// Upper is Lu and Lt, lower Ll; all else has none.
enum class LetterCase : uint8_t { none, upper, lower };

namespace detail {
// A CharClass, or behind them 7 for a letter of upper case and 8 for one of lower case.
inline int char_kind(char32_t code) {
  return code > 0x10FFFF ? 0 : kClasses[kClassBlock[code / 128]][code % 128] - '0';
}
}  // namespace detail

/// The class of a code point; `other` above U+10FFFF.
inline CharClass char_class(char32_t code) {
  int kind = detail::char_kind(code);
  return kind > 6 ? CharClass::letter : static_cast<CharClass>(kind);
}

/// The case of a code point.
inline LetterCase letter_case(char32_t code) {
  int kind = detail::char_kind(code);
  return kind > 6 ? static_cast<LetterCase>(kind - 6) : LetterCase::none;
}

/// The one lower-case letter of a code point (itself where it has none).
char32_t to_lower(char32_t code);

}  // namespace lexigrad::data
