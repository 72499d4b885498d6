#include "lexigrad/data/text/encoding.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/warning.h"
#include "lexigrad/data/text/compression.h"
#include "lexigrad/data/text/text.h"

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

constexpr size_t kBlock = 1 << 16;  // bytes that are decoded at a time

// A source whose bytes are made by next(), some at a time.
class Decoder : public ByteSource {
 public:
  Decoder(std::unique_ptr<ByteSource> source, std::string path)
      : source_(std::move(source)), path_(std::move(path)) {}
  size_t read(std::span<char> out) override {
    while (at_ == ready_.size() && !ended_) {
      size_t kept = raw_.size();
      append_bytes(raw_, *source_, kBlock);
      ended_ = raw_.size() < kept + kBlock;
      ready_.clear();
      at_ = 0;
      decode(raw_, ended_, ready_);
    }
    size_t n = std::min(out.size(), ready_.size() - at_);
    std::copy_n(ready_.data() + at_, n, out.data());
    at_ += n;
    return n;
  }
  size_t expected() const override { return source_->expected(); }

 protected:
  // Moves the characters of `raw` to `out`, all of them where the text ends with it, else the whole ones.
  virtual void decode(std::string& raw, bool is_last, std::string& out) = 0;
  const std::string& path() const { return path_; }

 private:
  std::unique_ptr<ByteSource> source_;
  std::string path_, raw_, ready_;
  size_t at_ = 0;
  bool ended_ = false;
};

bool is_surrogate(char32_t c) { return c >= 0xD800 && c < 0xE000; }

// UTF-16 and UTF-32: numbers of 2 or 4 bytes each.
class Units final : public Decoder {
 public:
  Units(std::unique_ptr<ByteSource> source, std::string path, size_t unit, bool big)
      : Decoder(std::move(source), std::move(path)), unit_(unit), big_(big) {}

 private:
  void decode(std::string& raw, bool is_last, std::string& out) override {
    if (is_last && raw.size() % unit_ != 0)
      fail_file(kWhere,
                text("The text ends within a character of UTF-", 8 * unit_,
                     ". Hint: it was cut short; copy it anew"),
                path());
    size_t size = raw.size() / unit_, i = 0;
    for (; i < size; ++i) {
      char32_t c = at(raw, i);
      bool opens = unit_ == 2 && c >= 0xD800 && c < 0xDC00;
      if (opens && i + 1 == size && !is_last) break;
      char32_t next = opens && i + 1 < size ? at(raw, i + 1) : 0;
      if (next >= 0xDC00 && next < 0xE000) c = 0x10000 + ((c - 0xD800) << 10) + (next - 0xDC00), ++i;
      append_utf8(out, is_surrogate(c) || c > 0x10FFFF ? kReplacement : c);
    }
    raw.erase(0, i * unit_);
  }
  char32_t at(std::string_view raw, size_t i) const {
    char32_t value = 0;
    for (size_t k = 0; k < unit_; ++k)
      value = value << 8 | static_cast<unsigned char>(raw[i * unit_ + (big_ ? k : unit_ - 1 - k)]);
    return value;
  }

  size_t unit_;
  bool big_;
};

class Latin1 final : public Decoder {
  using Decoder::Decoder;
  void decode(std::string& raw, bool, std::string& out) override {
    for (char c : raw) append_utf8(out, static_cast<unsigned char>(c));
    raw.clear();
  }
};

// ASCII in UTF-16 has a zero beside each letter: before it where the numbers are big-endian.
bool zeros_come_first(std::string_view bytes) {
  int64_t first = 0;
  for (size_t i = 0; i + 1 < bytes.size(); i += 2) first += (bytes[i] == '\0') - (bytes[i + 1] == '\0');
  return first > 0;
}

// What in a text is not as UTF-8 texts are.
struct Oddities {
  int64_t size = 0, bad = 0, first = -1, line = 1, zeros = 0;

  /// The next bytes, whole characters of them.
  void add(std::string_view text) {
    for (const char *p = text.data(), *end = p + text.size(); p < end;) {
      if (uint64_t eight; end - p >= 8 && (std::memcpy(&eight, p, 8), is_plain(eight))) {
        p += 8;
        continue;
      }
      CodePoint c = decode_utf8(p, end);
      if (!c.valid && ++bad == 1) {
        first = size + (p - text.data());
        line += std::count(text.data(), p, '\n');
      }
      zeros += c.value == 0;
      p += c.length;
    }
    if (first < 0) line += std::count(text.begin(), text.end(), '\n');
    size += static_cast<int64_t>(text.size());
  }

 private:
  // Eight bytes of ASCII without a zero.
  static bool is_plain(uint64_t bytes) {
    constexpr uint64_t top = 0x8080808080808080, ones = 0x0101010101010101;
    return ((bytes | (bytes - ones)) & top) == 0;
  }
};

// "12.5 %", "0.03 %": three digits do.
std::string percent(int64_t part, int64_t all) {
  char buffer[32];
  double value = 100.0 * static_cast<double>(part) / static_cast<double>(all);
  auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::general, 3).ptr;
  return text(std::string_view(buffer, static_cast<size_t>(end - buffer)), " %");
}

void warn_of(const Oddities& odd, const std::string& path) {
  constexpr std::string_view hint =
      ". Hint: --encoding latin-1 or utf-16 reads it as that, --encoding utf-8 takes it as it is";
  if (odd.bad > 0)
    warn(kWhere,
         text(path, " is not UTF-8: ", odd.bad, " of ", odd.size, " bytes (", percent(odd.bad, odd.size),
              ") are no characters, the first in line ", odd.line, ", byte ", odd.first, hint));
  else if (odd.zeros * 20 > odd.size)
    warn(kWhere, text(path, " has ", odd.zeros, " zeros in ", odd.size, " bytes (",
                      percent(odd.zeros, odd.size), "), as UTF-16 has", hint));
}

// Passes a text of UTF-8 on, and warns at its end of what was odd in it.
class Watched final : public Decoder {
 public:
  using Decoder::Decoder;

 private:
  void decode(std::string& raw, bool is_last, std::string& out) override {
    size_t whole = is_last ? raw.size() : whole_characters(raw);
    out.assign(raw, 0, whole);
    raw.erase(0, whole);
    odd_.add(out);
    if (is_last) warn_of(odd_, path());
  }

  Oddities odd_;
};

}  // namespace

std::vector<std::string> encodings() { return {"auto", "utf-8", "latin-1", "utf-16"}; }

std::string_view marked_encoding(std::string_view bytes) {
  const Mark* mark = find_mark(bytes);
  return mark ? mark->encoding : std::string_view();
}

std::unique_ptr<ByteSource> decoding(std::unique_ptr<ByteSource> source, std::string_view encoding,
                                     const std::string& path) {
  std::string first;
  append_bytes(first, *source, kBlock);
  const Mark* mark = find_mark(first);
  if (mark && encoding != "auto" && encoding != mark->encoding)
    fail_file(kWhere,
              text("The text begins with the mark of ", mark->encoding, ", not of ", encoding,
                   ". Hint: leave --encoding out"),
              path, 0);
  size_t unit = mark ? mark->unit : encoding == "utf-16" ? 2 : 1;
  bool big = mark ? mark->big : zeros_come_first(first);
  if (mark) first.erase(0, mark->bytes.size());
  source = with_first(std::move(first), std::move(source));
  if (unit > 1) return std::make_unique<Units>(std::move(source), path, unit, big);
  if (encoding == "latin-1") return std::make_unique<Latin1>(std::move(source), path);
  return source;
}

std::unique_ptr<ByteSource> open_text(const std::string& path, std::string_view encoding, bool warns) {
  const std::string name = source_name(path);
  auto source = decoding(unpacking(open_source(path), name), encoding, name);
  if (encoding != "auto" || !warns) return source;
  return std::make_unique<Watched>(std::move(source), name);
}

std::string read_utf8(const std::string& path) {
  return read_rest(*decoding(unpacking(open_source(path), path), "auto", path), path);
}

}  // namespace lexigrad::data
