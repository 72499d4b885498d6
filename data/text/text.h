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
CodePoint decode_multibyte(const char* p, const char* end);
}
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
