#include "lexigrad/data/tokenizers/gpt2_scanner.h"

#include <array>
#include <cstdint>
#include <cstring>

#include "lexigrad/data/text/text.h"
#include "lexigrad/data/text/unicode_classes.h"

namespace lexigrad::data {
namespace {
enum Kind : uint8_t { letter, number, space, other, multibyte };

Kind kind_of(char32_t code) {
  switch (char_class(code)) {
    case CharClass::letter:
    case CharClass::ideograph:
      return letter;
    case CharClass::number:
      return number;
    case CharClass::space:
      return space;
    default:
      return other;
  }
}

constexpr Kind ascii_kind(int c) {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return letter;
  if (c >= '0' && c <= '9') return number;
  if (c == ' ' || (c >= '\t' && c <= '\r')) return space;
  return c < 0x80 ? other : multibyte;
}

constexpr std::array<Kind, 256> kKinds = [] {
  std::array<Kind, 256> kinds{};
  for (int c = 0; c < 256; ++c) kinds[static_cast<size_t>(c)] = ascii_kind(c);
  return kinds;
}();

inline Kind byte_kind(char c) { return kKinds[static_cast<unsigned char>(c)]; }

struct Char {
  Kind kind;
  int length;
};

inline Char char_at(const char* p, const char* end) {
  Kind kind = byte_kind(*p);
  if (kind != multibyte) return {kind, 1};
  CodePoint c = decode_utf8(p, end);  // an invalid byte is U+FFFD: other
  return {kind_of(c.value), c.length};
}

inline const char* skip(const char* p, const char* end, Kind kind) {
  while (p < end) {
    if (byte_kind(*p) == kind) {
      ++p;
      continue;
    }
    if (byte_kind(*p) != multibyte) break;
    Char c = char_at(p, end);
    if (c.kind != kind) break;
    p += c.length;
  }
  return p;
}

// Length of 's 'd 'm 't 'll 've 're at an apostrophe, 0 when there is none.
inline int contraction(const char* p, const char* end) {
  if (end - p < 2) return 0;
  if (p[1] == 's' || p[1] == 'd' || p[1] == 'm' || p[1] == 't') return 2;
  if (end - p < 3) return 0;
  bool found = (p[1] == 'l' && p[2] == 'l') || ((p[1] == 'v' || p[1] == 'r') && p[2] == 'e');
  return found ? 3 : 0;
}

// A run of spaces leaves its last one to the piece behind it, unless it ends the text.
const char* end_of_spaces(const char* p, const char* end) {
  const char *last = p, *q = p;
  while (q < end) {
    Char c = char_at(q, end);
    if (c.kind != space) break;
    last = q;
    q += c.length;
  }
  return q == end || last == p ? q : last;
}
}  // namespace

const char* gpt2_piece_end(const char* p, const char* end) {
  if (*p == '\'') {
    if (int length = contraction(p, end)) return p + length;
  }
  const char* start = *p == ' ' && p + 1 < end ? p + 1 : p;
  Char c = char_at(start, end);
  return c.kind == space ? end_of_spaces(p, end) : skip(start + c.length, end, c.kind);
}

const char* gpt2_safe_cut(const char* p, const char* end) {
  // No piece goes on from something other than a space into a space.
  for (; p < end; ++p)
    if (byte_kind(*p) == space && byte_kind(p[-1]) != space && byte_kind(p[-1]) != multibyte) return p;
  return end;
}

}  // namespace lexigrad::data
