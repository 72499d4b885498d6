#include "lexigrad/train/formats/text_vectors.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/tensor/tensor_body.h"
#include "lexigrad/train/formats/words.h"

namespace lexigrad::train::formats {
namespace {

// Walks a text by lines and fields; its errors name line and byte.
class LineReader {
 public:
  LineReader(std::string_view text, const std::string& path) : text_(text), path_(path) {}

  /// Goes to the next line (without \n or \r\n); false at the end.
  bool next() {
    if (begin_ == text_.size()) return false;
    size_t end = std::min(text_.find('\n', begin_), text_.size());
    line_ = text_.substr(begin_, end - begin_);
    if (line_.ends_with('\r')) line_.remove_suffix(1);
    begin_ = std::min(end + 1, text_.size());
    ++number_;
    at_ = 0;
    return true;
  }
  std::string_view line() const { return line_; }
  bool at_end() const { return at_ == line_.size(); }
  void skip(char separator) {
    while (at_ < line_.size() && line_[at_] == separator) ++at_;
  }
  std::string_view field(char separator) {
    size_t end = std::min(line_.find(separator, at_), line_.size());
    std::string_view out = line_.substr(at_, end - at_);
    at_ = end;
    return out;
  }
  template <class T>
  bool parse(T& value) {
    auto [end, error] = std::from_chars(line_.data() + at_, line_.data() + line_.size(), value);
    if (error == std::errc::result_out_of_range) return parse_far(value);
    if (error != std::errc()) return false;
    at_ = static_cast<size_t>(end - line_.data());
    return true;
  }
  /// Reads exactly `count` numbers up to the line's end.
  void numbers(float* out, int64_t count, char separator) {
    for (int64_t i = 0; i < count; ++i) {
      skip(separator);
      if (at_end()) fail_here(text("The line has ", i, " numbers, ", count, " belong there"));
      size_t start = at_;
      bool good = parse(out[i]) && (at_end() || line_[at_] == separator);
      at_ = good ? at_ : start;
      if (!good)
        fail_here(text("\"", shown(line_.substr(at_, line_.find(separator, at_) - at_)), "\" is no number"));
    }
    skip(separator);
    if (!at_end()) fail_here(text("The line has more than ", count, " numbers"));
  }
  [[noreturn]] void fail_here(const std::string& what) const {
    auto offset = line_.data() + at_ - text_.data();
    fail_file("vectors",
              text("Line ", number_, ": ", what,
                   ". Hint: the file is not what its ending says, or was altered; spaces in words are "
                   "written \\x20"),
              path_, offset);
  }

 private:
  // A float too small or too large for its type: 0, a subnormal or infinity, as strtof has it.
  bool parse_far(float& value) {
    double wide = 0;
    auto [end, error] = std::from_chars(line_.data() + at_, line_.data() + line_.size(), wide);
    at_ = static_cast<size_t>(end - line_.data());
    value = static_cast<float>(wide);
    return error == std::errc() && std::isfinite(value);
  }
  bool parse_far(int64_t&) { return false; }

  std::string_view text_, line_;
  const std::string& path_;
  size_t begin_ = 0, at_ = 0;
  int64_t number_ = 0;
};

// The first line of a .vec file: "V D".
std::pair<int64_t, int64_t> read_sizes(LineReader& lines, size_t bytes) {
  int64_t count = 0, dim = 0;
  lines.next();
  bool two = lines.parse(count);
  lines.skip(' ');
  two = two && lines.parse(dim);
  lines.skip(' ');
  if (!two || !lines.at_end() || count < 1 || dim < 1)
    lines.fail_here(
        "The first line must be the number of words and the number of values of each, as in \"1000 300\"");
  auto limit = static_cast<int64_t>(bytes / 2);  // a value takes two bytes at least
  if (dim > limit || count > limit / dim)
    lines.fail_here(
        text("The file has ", bytes, " bytes, too few for ", count, " words of ", dim, " values"));
  return {count, dim};
}

}  // namespace

void write_numbers(FileWriter& out, const float* values, int64_t count, char separator) {
  char buffer[32];
  for (int64_t i = 0; i < count; ++i) {
    char* end = std::to_chars(buffer, buffer + 24, values[i]).ptr;
    *end++ = i + 1 < count ? separator : '\n';
    out.write(buffer, static_cast<size_t>(end - buffer));
  }
}

std::string word_lines(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += escape_word(word) + '\n';
  return out;
}

std::vector<std::string> split_words(std::string_view lines) {
  std::vector<std::string> out;
  LineReader reader(lines, "");
  while (reader.next()) out.push_back(unescape_word(reader.line()));
  return out;
}

std::vector<std::string> first_column(std::string_view table) {
  std::vector<std::string> out;
  LineReader reader(table, "");
  bool titled = table.substr(0, table.find('\n')).find('\t') != std::string_view::npos;
  if (titled) reader.next();
  while (reader.next()) out.push_back(unescape_word(reader.field('\t')));
  return out;
}

WordVectors read_vec(const std::string& path) {
  MappedFile file(path);
  LineReader lines(file.bytes(), path);
  auto [count, dim] = read_sizes(lines, file.bytes().size());
  WordVectors out{{}, detail::new_tensor({count, dim}, float32)};
  for (int64_t row = 0; row < count; ++row) {
    if (!lines.next()) lines.fail_here(text("The file ends after ", row, " words of ", count));
    out.words.push_back(unescape_word(lines.field(' ')));
    lines.numbers(detail::pointer<float>(out.rows) + row * dim, dim, ' ');
  }
  while (lines.next())
    if (!lines.line().empty())
      lines.fail_here(text("The file has more than the ", count, " words of its first line"));
  return out;
}

Tensor read_tsv(const std::string& path) {
  MappedFile file(path);
  LineReader lines(file.bytes(), path);
  std::vector<float> values;
  int64_t dim = 0, count = 0;
  for (; lines.next(); ++count) {
    if (dim == 0) dim = 1 + std::count(lines.line().begin(), lines.line().end(), '\t');
    values.resize(static_cast<size_t>((count + 1) * dim));
    lines.numbers(values.data() + count * dim, dim, '\t');
  }
  return from_values<float>(values, {count, dim});
}

}  // namespace lexigrad::train::formats
