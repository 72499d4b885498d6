#include "lexigrad/data/tokenizers/bpe/pattern_scanner.h"

#include <array>
#include <cstdint>

#include "lexigrad/data/text/text.h"
#include "lexigrad/data/text/unicode_classes.h"

namespace lexigrad::data {
namespace {

// Kinds of characters as bits; kLetter is Lm and Lo, kSpace all spaces but the two that end lines.
enum Kind : uint8_t {
  kOther = 1,
  kUpper = 2,
  kLower = 4,
  kLetter = 8,
  kMark = 16,
  kNumber = 32,
  kSpace = 64,
  kLineEnd = 128
};
using Kinds = unsigned;
constexpr Kinds kLetters = kUpper | kLower | kLetter, kSigns = kOther | kMark, kSpaces = kSpace | kLineEnd;

// The kinds of ASCII's bytes; the others have none.
constexpr auto kAscii = [] {
  std::array<uint8_t, 256> kinds{};
  for (size_t c = 0; c < 128; ++c)
    kinds[c] = c >= 'A' && c <= 'Z'                 ? kUpper
               : c >= 'a' && c <= 'z'               ? kLower
               : c >= '0' && c <= '9'               ? kNumber
               : c == '\r' || c == '\n'             ? kLineEnd
               : c == ' ' || (c >= '\t' && c < 0xE) ? kSpace
                                                    : kOther;
  return kinds;
}();

Kinds kind_of(char32_t code) {
  switch (char_class(code)) {
    case CharClass::letter: {
      LetterCase of = letter_case(code);
      return of == LetterCase::upper ? kUpper : of == LetterCase::lower ? kLower : kLetter;
    }
    case CharClass::ideograph:
      return kLetter;
    case CharClass::number:
      return kNumber;
    case CharClass::space:
      return kSpace;
    case CharClass::mark:
      return kMark;
    default:
      return kOther;
  }
}

struct Char {
  Kinds kind;
  const char* end;
};

// Finds the end of the piece that begins at a place of a text, by one pattern.
template <Pattern pattern>
class Matcher {
 public:
  explicit Matcher(const char* end) : end_(end) {}

  const char* piece(const char* p) const {
    if constexpr (pattern == Pattern::phrases) return phrase(p);
    const Char first = at(p);
    if (const char* end = word(p, first)) return end;
    if (first.kind == kNumber) return numbers(first.end);
    const char *signs = *p == ' ' ? p + 1 : p, *end = skip(signs, kSigns);
    return end > signs ? line_ends(end) : spaces(p);
  }

 private:
  static Kinds ascii(const char* p) { return kAscii[static_cast<unsigned char>(*p)]; }
  Char at(const char* p) const {
    if (Kinds kind = ascii(p); kind != 0) [[likely]]
      return {kind, p + 1};
    CodePoint c = decode_utf8(p, end_);  // of an invalid byte U+FFFD, which is a sign
    return {kind_of(c.value), p + c.length};
  }
  bool is(const char* p, Kinds kinds) const { return p < end_ && (at(p).kind & kinds) != 0; }
  const char* skip(const char* p, Kinds kinds) const {
    while (true) {
      while (p < end_ && (ascii(p) & kinds) != 0) ++p;
      if (p == end_ || ascii(p) != 0) return p;
      Char c = at(p);
      if ((c.kind & kinds) == 0) return p;
      p = c.end;
    }
  }

  // The digits of a number at p or behind its blank; p where there is none.
  const char* number(const char* p) const {
    const char* digits = *p == ' ' ? p + 1 : p;
    return is(digits, kNumber) ? skip(digits, kNumber) : p;
  }
  // Behind the spaces of these kinds at p, but a blank before a number.
  const char* spaces_of(const char* p, Kinds kinds) const {
    while (is(p, kinds) && !number_begins(p)) p = at(p).end;
    return p;
  }
  bool number_begins(const char* p) const { return is(*p == ' ' ? p + 1 : p, kNumber); }

  const char* phrase(const char* p) const {
    if (const char* end = number(p); end > p) return end;
    p = spaces_of(p, kSpaces);
    while (p < end_ && !number_begins(p)) {
      if (!is(p, kSpaces)) {
        p = at(p).end;
        continue;
      }
      const char before = p[-1], *end = spaces_of(p, kSpace);
      if (before == '.' || before == '!' || before == '?' || end == p || end == end_ || is(end, kLineEnd))
        break;
      p = end;
    }
    return p;
  }

  // Null where no word begins at p, whose character is `first`.
  const char* word(const char* p, Char first) const {
    if constexpr (pattern == Pattern::o200k) {
      const char* end = cased_word(p, first);
      return end ? behind_contraction(end) : nullptr;
    } else {
      if (const char* end = behind_contraction(p); end > p) return end;
      if (first.kind & kLetters) return skip(first.end, kLetters);
      return first.kind & (kNumber | kLineEnd) || !is(first.end, kLetters) ? nullptr
                                                                           : skip(first.end, kLetters);
    }
  }

  // Letters of upper case, then of lower case: those of no case, and marks, are both. Where none of lower case follow, the
  // last that is both stands for them.
  const char* cased_word(const char* p, Char first) const {
    const char *begin = first.kind & (kLetters | kNumber | kLineEnd) ? p : first.end, *end = begin;
    const char* both = nullptr;
    while (end < end_) {
      Char c = at(end);
      if (c.kind == kLower) return skip(c.end, kLower | kLetter | kMark);
      if ((c.kind & (kUpper | kLetter | kMark)) == 0) break;
      end = c.end;
      if (c.kind != kUpper) both = end;
    }
    if (both) return both;
    if (first.kind == kMark) return first.end;
    return end > begin ? end : nullptr;
  }

  // Behind 's 'd 'm 't 'll 've 're of any case; p where there is none. U+017F is another case of s.
  const char* behind_contraction(const char* p) const {
    if (end_ - p < 2 || *p != '\'') return p;
    auto lower = [&](ptrdiff_t i) { return i < end_ - p ? static_cast<char>(p[i] | 0x20) : ' '; };
    char b = lower(1), c = lower(2);
    if (b == 's' || b == 'd' || b == 'm' || b == 't') return p + 2;
    if ((b == 'l' && c == 'l') || ((b == 'v' || b == 'r') && c == 'e')) return p + 3;
    return std::string_view(p, static_cast<size_t>(end_ - p)).starts_with("'\u017F") ? p + 3 : p;
  }

  // Up to two more digits.
  const char* numbers(const char* p) const {
    for (int i = 0; i < 2 && is(p, kNumber); ++i) p = at(p).end;
    return p;
  }

  const char* line_ends(const char* p) const {
    while (p < end_ && (*p == '\r' || *p == '\n' || (pattern == Pattern::o200k && *p == '/'))) ++p;
    return p;
  }

  // Up to the last line's end among them, else up to the last one, which another piece may begin with.
  const char* spaces(const char* p) const {
    const char *end = p, *last = p, *line = nullptr;
    while (end < end_) {
      Char c = at(end);
      if ((c.kind & kSpaces) == 0) break;
      last = end;
      end = c.end;
      if (c.kind == kLineEnd) line = end;
    }
    if (end == end_ && (pattern == Pattern::cl100k || !line)) return end;
    return line ? line : last > p ? last : end;
  }

  const char* end_;
};

template <Pattern pattern>
size_t find_pieces(std::string_view text, size_t at, size_t* starts) {
  const char *begin = text.data(), *end = begin + text.size(), *p = begin + at;
  const Matcher<pattern> matcher(end);
  size_t count = 0;
  for (; p < end && count < PatternScanner::kMostPieces; p = matcher.piece(p))
    starts[count++] = static_cast<size_t>(p - begin);
  starts[count] = static_cast<size_t>(p - begin);
  return count;
}

}  // namespace

size_t PatternScanner::next(size_t* starts) {
  auto find = pattern_ == Pattern::o200k     ? find_pieces<Pattern::o200k>
              : pattern_ == Pattern::phrases ? find_pieces<Pattern::phrases>
              : pattern_ == Pattern::cl100k  ? find_pieces<Pattern::cl100k>
                                             : find_pieces<Pattern::llama3>;
  size_t count = find(text_, at_, starts);
  at_ = starts[count];
  return count;
}

}  // namespace lexigrad::data
