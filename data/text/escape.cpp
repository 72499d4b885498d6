#include "lexigrad/data/text/escape.h"

#include <algorithm>
#include <charconv>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/data/text/text.h"
#include "lexigrad/data/text/unicode_classes.h"

namespace lexigrad::data {
namespace {
constexpr std::string_view kWhere = "text";
constexpr std::string_view kDigits = "0123456789abcdef";
constexpr std::string_view kEmptyWord = "\\x";

void append_byte(std::string& out, char byte) {
  auto value = static_cast<unsigned char>(byte);
  out += {'\\', 'x', kDigits[value >> 4], kDigits[value & 15]};
}

void append_code(std::string& out, char32_t code) {
  char digits[8];
  auto end = std::to_chars(digits, digits + sizeof digits, static_cast<uint32_t>(code), 16).ptr;
  out.append("\\u{").append(digits, end) += '}';
}

void append_escaped(std::string& out, CodePoint c, std::string_view bytes) {
  CharClass kind = char_class(c.value);
  bool hidden = kind == CharClass::control || (kind == CharClass::space && c.value != ' ');
  if (c.value == '\n') {
    out += "\\n";
  } else if (c.value == '\t') {
    out += "\\t";
  } else if (c.value == '\r') {
    out += "\\r";
  } else if (c.value == '\\') {
    out += "\\\\";
  } else if (!c.valid || (hidden && c.length == 1)) {
    append_byte(out, bytes[0]);
  } else if (hidden) {
    append_code(out, c.value);
  } else {
    out += bytes;
  }
}

uint32_t hex_value(std::string_view digits, std::string_view whole) {
  uint32_t value = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  check(error == std::errc() && end == digits.data() + digits.size() && value <= 0x10FFFF, kWhere,
        "Broken escape in \"", whole, "\". Hint: \\n \\t \\r \\\\ \\xNN and \\u{...} are known.");
  return value;
}

// Reads the escape after a backslash at text[i] and returns the index behind it.
size_t append_unescaped(std::string& out, std::string_view text, size_t i) {
  char kind = i < text.size() ? text[i] : '\0';
  if (kind == 'x') {
    out += static_cast<char>(hex_value(text.substr(i + 1, 2), text));
    return std::min(i + 3, text.size());
  }
  if (kind == 'u' && i + 1 < text.size()) {
    size_t close = std::min(text.find('}', i), text.size());
    append_utf8(out, hex_value(text.substr(i + 2, close - i - 2), text));
    return std::min(close + 1, text.size());
  }
  size_t which = std::string_view("ntr\\").find(kind);
  check(which != std::string_view::npos, kWhere, "Broken escape in \"", text,
        "\". Hint: \\n \\t \\r \\\\ \\xNN and \\u{...} are known.");
  out += "\n\t\r\\"[which];
  return i + 1;
}

// True if text[at...] reads as an escape.
bool is_escape(std::string_view text, size_t at) {
  auto digit = [&](size_t i) { return i < text.size() && kDigits.find(text[i]) != std::string_view::npos; };
  return text.substr(at, 2) == "\\x" && digit(at + 2) && digit(at + 3);
}

// Controls, and the marks that reverse what stands behind them.
bool steers(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

// Unicode's spaces, line and paragraph separators, controls and what prints as nothing.
bool is_invisible(char32_t c) {
  return c <= 0x20 || (c >= 0x7F && c <= 0xA0) || c == 0xAD || c == 0x1680 || (c >= 0x2000 && c <= 0x200F) ||
         (c >= 0x2028 && c <= 0x202F) || (c >= 0x205F && c <= 0x206F) || c == 0x3000 || c == 0xFEFF;
}
}  // namespace

std::string escape(std::string_view text) {
  std::string out;
  for (const char *p = text.data(), *end = p + text.size(); p < end;) {
    CodePoint c = decode_utf8(p, end);
    append_escaped(out, c, {p, static_cast<size_t>(c.length)});
    p += c.length;
  }
  return out;
}

std::string visible(std::string_view text) {
  std::string out;
  for (const char *p = text.data(), *end = p + text.size(); p < end;) {
    CodePoint c = decode_utf8(p, end);
    std::string_view bytes(p, static_cast<size_t>(c.length));
    if (c.valid && steers(c.value) && c.value >= 0x80)
      append_code(out, c.value);
    else if (!c.valid || steers(c.value))
      append_escaped(out, c, bytes);
    else
      out += bytes;
    p += c.length;
  }
  return out;
}

std::string unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    if (text[i] != '\\') {
      out += text[i++];
    } else {
      i = append_unescaped(out, text, i + 1);
    }
  }
  return out;
}

std::string escape_word(std::string_view word) {
  std::string out;
  for (size_t at = 0; at < word.size();) {
    CodePoint c = decode_utf8(word.data() + at, word.data() + word.size());
    bool hidden = !c.valid || is_invisible(c.value) || is_escape(word, at);
    std::string_view bytes = word.substr(at, static_cast<size_t>(c.length));
    if (!hidden) out += bytes;
    if (hidden)
      for (char byte : bytes) append_byte(out, byte);
    at += bytes.size();
  }
  if (word == kEmptyWord) return "\\x5cx";
  return out.empty() ? std::string(kEmptyWord) : out;
}

std::string unescape_word(std::string_view text) {
  if (text == kEmptyWord) return {};
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

}  // namespace lexigrad::data
