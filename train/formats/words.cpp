#include "lexigrad/train/formats/words.h"

#include <algorithm>

#include "lexigrad/data/text/text.h"

namespace lexigrad::train {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";
constexpr std::string_view kEmpty = "\\x";

// True if text[at...] reads as an escape.
bool is_escape(std::string_view text, size_t at) {
  auto digit = [&](size_t i) { return i < text.size() && kDigits.find(text[i]) != std::string_view::npos; };
  return text.substr(at, 2) == "\\x" && digit(at + 2) && digit(at + 3);
}

// Unicode's spaces, line and paragraph separators, controls and what prints as nothing.
bool is_invisible(char32_t c) {
  return c <= 0x20 || (c >= 0x7F && c <= 0xA0) || c == 0xAD || c == 0x1680 || (c >= 0x2000 && c <= 0x200F) ||
         (c >= 0x2028 && c <= 0x202F) || (c >= 0x205F && c <= 0x206F) || c == 0x3000 || c == 0xFEFF;
}

}  // namespace

std::string escape_word(std::string_view word) {
  std::string out;
  for (size_t at = 0; at < word.size();) {
    data::CodePoint c = data::decode_utf8(word.data() + at, word.data() + word.size());
    bool hidden = !c.valid || is_invisible(c.value) || is_escape(word, at);
    std::string_view bytes = word.substr(at, static_cast<size_t>(c.length));
    if (!hidden) out += bytes;
    if (hidden)
      for (unsigned char byte : bytes) out += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
    at += bytes.size();
  }
  if (word == kEmpty) return "\\x5cx";
  return out.empty() ? std::string(kEmpty) : out;
}

std::string unescape_word(std::string_view text) {
  if (text == kEmpty) return {};
  std::string out;
  for (size_t at = 0; at < text.size();) {
    if (is_escape(text, at)) {
      out += static_cast<char>(kDigits.find(text[at + 2]) * 16 + kDigits.find(text[at + 3]));
      at += 4;
    } else {
      out += text[at++];
    }
  }
  return out;
}

std::string shown(std::string_view text) {
  std::string out = escape_word(text.substr(0, 60));
  return text.size() > 60 ? out + "..." : out;
}

}  // namespace lexigrad::train
