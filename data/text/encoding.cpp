#include "lexigrad/data/text/encoding.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/file.h"
#include "lexigrad/autograd/base/warning.h"
#include "lexigrad/data/text/compression.h"
#include "lexigrad/data/text/text.h"
#include "lexigrad/data/text/unicode_classes.h"

namespace lexigrad::data {
namespace {

using std::string_view_literals::operator""sv;
constexpr std::string_view kWhere = "text";

// UTF-32's little-endian mark begins as UTF-16's does.
struct Mark {
  std::string_view bytes, encoding;
  size_t unit;  // bytes of a number
  bool big;
};
constexpr Mark kMarks[] = {{"\xff\xfe\0\0"sv, "utf-32", 4, false},
                           {"\0\0\xfe\xff"sv, "utf-32", 4, true},
                           {"\xff\xfe"sv, "utf-16", 2, false},
                           {"\xfe\xff"sv, "utf-16", 2, true},
                           {"\xef\xbb\xbf"sv, "utf-8", 1, false}};

const Mark* find_mark(std::string_view bytes) {
  auto* found = std::find_if(std::begin(kMarks), std::end(kMarks),
                             [&](const Mark& mark) { return bytes.starts_with(mark.bytes); });
  return found == std::end(kMarks) ? nullptr : found;
}

// The numbers of a text of 2 or 4 bytes each.
struct Units {
  std::string_view bytes;
  size_t unit;
  bool big;
  size_t size() const { return bytes.size() / unit; }
  char32_t operator[](size_t i) const {
    char32_t value = 0;
    for (size_t k = 0; k < unit; ++k)
      value = value << 8 | static_cast<unsigned char>(bytes[i * unit + (big ? k : unit - 1 - k)]);
    return value;
  }
};

bool is_surrogate(char32_t c) { return c >= 0xD800 && c < 0xE000; }

std::string decode_units(const Units& units, const std::string& path) {
  if (units.bytes.size() % units.unit != 0)
    fail_file(kWhere,
              text("The text ends within a character of UTF-", 8 * units.unit,
                   ". Hint: it was cut short; copy it anew"),
              path);
  std::string out;
  out.reserve(units.bytes.size());
  for (size_t i = 0; i < units.size(); ++i) {
    char32_t c = units[i];
    char32_t next = units.unit == 2 && i + 1 < units.size() ? units[i + 1] : 0;
    if (units.unit == 2 && c >= 0xD800 && c < 0xDC00 && next >= 0xDC00 && next < 0xE000)
      c = 0x10000 + ((c - 0xD800) << 10) + (next - 0xDC00), ++i;
    append_utf8(out, is_surrogate(c) || c > 0x10FFFF ? kReplacement : c);
  }
  return out;
}

// ASCII in UTF-16 has a zero beside each letter: before it where the numbers are big-endian.
bool zeros_come_first(std::string_view bytes) {
  int64_t first = 0;
  for (size_t i = 0; i + 1 < bytes.size(); i += 2) first += (bytes[i] == '\0') - (bytes[i + 1] == '\0');
  return first > 0;
}

std::string from_latin1(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  for (char c : bytes) append_utf8(out, static_cast<unsigned char>(c));
  return out;
}

// What in a text is not as UTF-8 texts are.
struct Oddities {
  int64_t bad = 0, first = -1, line = 1, zeros = 0;

  explicit Oddities(std::string_view text) {
    for (const char *p = text.data(), *end = p + text.size(); p < end;) {
      CodePoint c = decode_utf8(p, end);
      if (!c.valid && ++bad == 1) first = p - text.data();
      if (first < 0) line += c.value == '\n';
      zeros += c.value == 0;
      p += c.length;
    }
  }
};

// "12.5 %", "0.03 %": three digits do.
std::string percent(int64_t part, size_t all) {
  char buffer[32];
  double value = 100.0 * static_cast<double>(part) / static_cast<double>(all);
  auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::general, 3).ptr;
  return text(std::string_view(buffer, static_cast<size_t>(end - buffer)), " %");
}

void warn_of(const Oddities& odd, size_t size, const std::string& path) {
  constexpr std::string_view hint =
      ". Hint: --encoding latin-1 or utf-16 reads it as that, --encoding utf-8 takes it as it is";
  if (odd.bad > 0)
    warn(kWhere, text(path, " is not UTF-8: ", odd.bad, " of ", size, " bytes (", percent(odd.bad, size),
                      ") are no characters, the first in line ", odd.line, ", byte ", odd.first, hint));
  else if (odd.zeros * 20 > static_cast<int64_t>(size))
    warn(kWhere, text(path, " has ", odd.zeros, " zeros in ", size, " bytes (", percent(odd.zeros, size),
                      "), as UTF-16 has", hint));
}

bool is_blank(std::string_view text) {
  for (const char *p = text.data(), *end = p + text.size(); p < end;) {
    CodePoint c = decode_utf8(p, end);
    CharClass kind = char_class(c.value);
    if (!c.valid || (kind != CharClass::space && kind != CharClass::control)) return false;
    p += c.length;
  }
  return true;
}

std::string read_one(const std::string& path, std::string_view encoding) {
  bool input = path == "-";
  const std::string name = input ? "standard input" : path;
  std::string out = decoded(input ? read_to_end(STDIN_FILENO, name) : read_file(path), encoding, name);
  if (is_blank(out))
    fail_file(kWhere,
              "The text is blank: there is not one word in it. Hint: name a text of a few hundred words",
              name);
  return out;
}

}  // namespace

std::vector<std::string> encodings() { return {"auto", "utf-8", "latin-1", "utf-16"}; }

std::string to_utf8(std::string bytes, std::string_view encoding, const std::string& path) {
  const Mark* mark = find_mark(bytes);
  if (mark && encoding != "auto" && encoding != mark->encoding)
    fail_file(kWhere,
              text("The text begins with the mark of ", mark->encoding, ", not of ", encoding,
                   ". Hint: leave --encoding out"),
              path, 0);
  if (mark && mark->unit == 1) return bytes.erase(0, mark->bytes.size());
  if (mark)
    return decode_units({std::string_view(bytes).substr(mark->bytes.size()), mark->unit, mark->big}, path);
  if (encoding == "utf-16") return decode_units({bytes, 2, zeros_come_first(bytes)}, path);
  if (encoding == "latin-1") return from_latin1(bytes);
  return bytes;
}

std::string decoded(std::string bytes, std::string_view encoding, const std::string& path) {
  std::string out = to_utf8(unpacked(std::move(bytes), path), encoding, path);
  if (encoding == "auto") warn_of(Oddities(out), out.size(), path);
  return out;
}

std::string read_utf8(const std::string& path) {
  return to_utf8(unpacked(read_file(path), path), "auto", path);
}

std::string read_texts(const std::vector<std::string>& paths, std::string_view encoding) {
  std::string out;
  for (const std::string& path : paths) {
    std::string one = read_one(path, encoding);
    if (out.empty()) {
      out = std::move(one);
      continue;
    }
    if (!out.ends_with('\n')) out += '\n';
    out += one;
  }
  return out;
}

}  // namespace lexigrad::data
