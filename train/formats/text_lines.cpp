#include "lexigrad/train/formats/text_lines.h"

#include <algorithm>
#include <charconv>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/train/formats/read_number.h"

namespace lexigrad::train {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

}  // namespace

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

std::string_view LineReader::field(char separator) {
  size_t end = std::min(line_.find(separator, at_), line_.size());
  std::string_view out = line_.substr(at_, end - at_);
  at_ = end;
  return out;
}

std::string_view LineReader::word_before(int64_t count) {
  size_t at = line_.find_last_not_of(kBlanks) + 1;  // behind the field that is next, going back
  size_t begin = at;
  for (int64_t i = 0; i < count; ++i) {
    size_t blank = at == 0 ? std::string_view::npos : line_.find_last_of(kBlanks, at - 1);
    if (blank == std::string_view::npos) {
      at_ = line_.size();
      fail_here(text("The line has ", i, " numbers, ", count, " belong there"));
    }
    begin = blank + 1;
    at = line_.find_last_not_of(kBlanks, blank) + 1;
  }
  at_ = begin;
  // A word of blanks alone keeps all but the separator.
  return line_.substr(0, at > 0 ? at : begin > 0 ? begin - 1 : 0);
}

int64_t LineReader::numbers_at_end() const {
  int64_t count = 0, most = fields() - 1;
  float value;
  for (size_t at = line_.find_last_not_of(kBlanks) + 1; count < most; ++count) {
    size_t begin = line_.find_last_of(kBlanks, at - 1) + 1;
    if (read_number(line_.substr(begin, at - begin), value) == std::errc::invalid_argument) break;
    at = line_.find_last_not_of(kBlanks, begin - 1) + 1;
  }
  return count;
}

int64_t LineReader::fields() const {
  int64_t count = 0;
  for (size_t at = 0; (at = line_.find_first_not_of(kBlanks, at)) != std::string_view::npos; ++count)
    at = std::min(line_.find_first_of(kBlanks, at), line_.size());
  return count;
}

bool LineReader::parse(int64_t& value) {
  size_t begin = std::min(line_.find_first_not_of(kBlanks, at_), line_.size());
  auto [end, error] = std::from_chars(line_.data() + begin, line_.data() + line_.size(), value);
  if (error != std::errc()) return false;
  at_ = static_cast<size_t>(end - line_.data());
  return true;
}

std::string_view LineReader::word_and_numbers(float* out, int64_t count) {
  const char *begin = line_.data(), *end = begin + line_.size(), *p = begin;
  while (p < end && !is_blank(*p)) ++p;
  const std::string_view word(begin, static_cast<size_t>(p - begin));
  auto skip = [&] {
    while (p < end && is_blank(*p)) ++p;
  };
  skip();
  for (int64_t i = 0; i < count; ++i, skip())
    if (p = read_plain_number(p, end, out[i]); !p || (p < end && !is_blank(*p))) return {};
  if (p < end) return {};
  at_ = line_.size();
  return word;
}

void LineReader::number(float& value) {
  size_t end = std::min(line_.find_first_of(kBlanks, at_), line_.size());
  std::string_view field = line_.substr(at_, end - at_);
  if (std::errc error = read_number(field, value); error != std::errc())
    fail_here(text("\"", data::shown(field), "\" is no number",
                   error == std::errc::result_out_of_range
                       ? " that fits: it is too large for float32. Hint: scale the numbers down"
                       : ""));
  at_ = end;
}

void LineReader::numbers(float* out, int64_t count) {
  auto skip = [this] { at_ = std::min(line_.find_first_not_of(kBlanks, at_), line_.size()); };
  for (int64_t i = 0; i < count; ++i) {
    skip();
    if (at_ == line_.size()) fail_here(text("The line has ", i, " numbers, ", count, " belong there"));
    number(out[i]);
  }
  skip();
  if (at_ != line_.size()) fail_here(text("The line has more than ", count, " numbers"));
}

void LineReader::fail_here(const std::string& what) const {
  constexpr const char* hint = ". Hint: the file was altered or cut short, or is not what its ending says";
  bool own = what.find("Hint: ") != std::string::npos;
  fail_file("vectors", text("Line ", number_, ": ", what, own ? "" : hint), path_,
            line_.data() + at_ - text_.data());
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
  const std::string nowhere;
  LineReader reader(lines, nowhere);
  while (reader.next()) out.push_back(data::unescape_word(reader.line()));
  return out;
}

}  // namespace lexigrad::train
