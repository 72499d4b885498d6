// Reading whole text files, and UTF-8.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace lexigrad::data {

/// The bytes of a file or pipe, as they are. Throws as read_file.
std::string read_text(const std::string& path);

/// One decoded character: `length` bytes; a byte that starts no well-formed sequence is
/// invalid, length 1.
struct CodePoint {
  char32_t value;
  int length;
  bool valid;
};

inline constexpr char32_t kReplacement = 0xFFFD;

namespace detail {
inline CodePoint decode_multibyte(const char* p, const char* end) {
  auto byte = [&](int i) { return static_cast<char32_t>(static_cast<unsigned char>(p[i])); };
  auto follows = [&](int i) { return (byte(i) & 0xC0) == 0x80; };
  auto tail = [&](int i) { return byte(i) & 0x3F; };
  constexpr CodePoint invalid{kReplacement, 1, false};
  const char32_t lead = byte(0);
  if (lead < 0xE0) {
    if (lead < 0xC2 || end - p < 2 || !follows(1)) return invalid;
    return {(lead & 0x1F) << 6 | tail(1), 2, true};
  }
  if (lead < 0xF0) {
    if (end - p < 3 || !follows(1) || !follows(2)) return invalid;
    const char32_t code = (lead & 0x0F) << 12 | tail(1) << 6 | tail(2);
    if (code < 0x800 || (code >= 0xD800 && code < 0xE000)) return invalid;
    return {code, 3, true};
  }
  if (lead > 0xF4 || end - p < 4 || !follows(1) || !follows(2) || !follows(3)) return invalid;
  const char32_t code = (lead & 0x07) << 18 | tail(1) << 12 | tail(2) << 6 | tail(3);
  if (code < 0x10000 || code > 0x10FFFF) return invalid;
  return {code, 4, true};
}
}  // namespace detail
/// Decodes the character at p < end (strict UTF-8: no surrogates, no overlong forms). Invalid
/// bytes are U+FFFD.
inline CodePoint decode_utf8(const char* p, const char* end) {
  auto byte = static_cast<unsigned char>(*p);
  if (byte < 0x80) return {byte, 1, true};
  return detail::decode_multibyte(p, end);
}
/// How many bytes of a text come before a last character of which more bytes may follow: all where it ends with a whole one.
size_t whole_characters(std::string_view text);
/// Appends a code point as UTF-8.
void append_utf8(std::string& out, char32_t code);

}  // namespace lexigrad::data
