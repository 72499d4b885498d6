#include "lexigrad/train/formats/text_lines.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/data/text/escape.h"

namespace lexigrad::train {

bool LineReader::next() {
  if (begin_ == text_.size()) return false;
  size_t end = std::min(text_.find('\n', begin_), text_.size());
  line_ = text_.substr(begin_, end - begin_);
  if (line_.ends_with('\r')) line_.remove_suffix(1);
  begin_ = std::min(end + 1, text_.size());
  ++number_;
  at_ = 0;
  return true;
}

void LineReader::skip(char separator) {
  while (at_ < line_.size() && line_[at_] == separator) ++at_;
}

std::string_view LineReader::field(char separator) {
  size_t end = std::min(line_.find(separator, at_), line_.size());
  std::string_view out = line_.substr(at_, end - at_);
  at_ = end;
  return out;
}

bool LineReader::parse(int64_t& value) {
  auto [end, error] = std::from_chars(line_.data() + at_, line_.data() + line_.size(), value);
  if (error != std::errc()) return false;
  at_ = static_cast<size_t>(end - line_.data());
  return true;
}

// A number too small or too large for float32 is 0, a subnormal or infinity, as strtof has it.
bool LineReader::parse(float& value) {
  const char *begin = line_.data() + at_, *stop = line_.data() + line_.size();
  auto [end, error] = std::from_chars(begin, stop, value);
  if (error == std::errc::result_out_of_range) {
    double wide = 0;
    error = std::from_chars(begin, stop, wide).ec;
    value = static_cast<float>(wide);
    if (!std::isfinite(value)) return false;
  }
  if (error != std::errc()) return false;
  at_ = static_cast<size_t>(end - line_.data());
  return true;
}

void LineReader::numbers(float* out, int64_t count, char separator) {
  for (int64_t i = 0; i < count; ++i) {
    skip(separator);
    if (at_end()) fail_here(text("The line has ", i, " numbers, ", count, " belong there"));
    size_t start = at_;
    bool good = parse(out[i]) && (at_end() || line_[at_] == separator);
    at_ = good ? at_ : start;
    if (!good)
      fail_here(
          text("\"", data::shown(line_.substr(at_, line_.find(separator, at_) - at_)), "\" is no number"));
  }
  skip(separator);
  if (!at_end()) fail_here(text("The line has more than ", count, " numbers"));
}

void LineReader::fail_here(const std::string& what) const {
  auto offset = line_.data() + at_ - text_.data();
  fail_file("vectors",
            text("Line ", number_, ": ", what,
                 ". Hint: the file is not what its ending says, or was altered; spaces in words are "
                 "written \\x20"),
            path_, offset);
}

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
  for (const std::string& word : words) out += data::escape_word(word) + '\n';
  return out;
}

std::vector<std::string> split_words(std::string_view lines) {
  std::vector<std::string> out;
  LineReader reader(lines, "");
  while (reader.next()) out.push_back(data::unescape_word(reader.line()));
  return out;
}

}  // namespace lexigrad::train
