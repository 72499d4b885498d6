#include "lexigrad/train/vectors/sets/evaluation_set.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/data/text/encoding.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/train/formats/text_lines.h"
#include "lexigrad/train/vectors/sets/word_index.h"

namespace lexigrad::train {
namespace {

constexpr std::string_view kBlanks = " \t";
using Fields = std::vector<std::string_view>;

std::string_view trimmed(std::string_view field) {
  const size_t begin = std::min(field.find_first_not_of(kBlanks), field.size());
  return field.substr(begin, field.find_last_not_of(kBlanks) + 1 - begin);
}

// What stands between the fields of a line: a tab or a comma, or runs of blanks.
char separator_of(std::string_view line) {
  return line.find('\t') != std::string_view::npos  ? '\t'
         : line.find(',') != std::string_view::npos ? ','
                                                    : ' ';
}

Fields fields_of(std::string_view line, char separator) {
  Fields out;
  for (size_t at = 0; at <= line.size();) {
    const size_t end =
        std::min(separator == ' ' ? line.find_first_of(kBlanks, at) : line.find(separator, at), line.size());
    if (end > at || separator != ' ') out.push_back(trimmed(line.substr(at, end - at)));
    at = end + 1;
  }
  return out;
}

class SetReader {
 public:
  SetReader(const std::string& path, std::optional<SetKind> kind)
      : path_(path), text_(data::read_utf8(path)), kind_(kind) {}

  EvaluationSet read() {
    LineReader lines(text_, path_);
    while (lines.next()) {
      ++number_;
      line_ = lines.line();
      if (trimmed(line_).empty() || line_.front() == '#') continue;
      if (out_.items.empty() && out_.sections.empty()) begin();
      if (out_.kind == SetKind::analogies && line_.front() == ':')
        out_.sections.emplace_back(trimmed(line_.substr(1)));
      else
        add();
    }
    if (out_.items.empty())
      fail_file("eval", "There is no line to measure by. Hint: is it the file that was meant?", path_);
    return std::move(out_);
  }

 private:
  [[noreturn]] void fail_line(std::string_view what) const {
    fail_file("eval", text("Line ", number_, ": ", what), path_, line_.data() - text_.data());
  }
  // Learns from the first line what the file is.
  void begin() {
    separator_ = separator_of(line_);
    out_.kind = kind_ ? *kind_ : found_kind();
    if (out_.kind == SetKind::analogies) separator_ = ' ';
    if (out_.kind == SetKind::sentences) separator_ = '\t';
  }
  SetKind found_kind() const {
    const size_t count = line_.front() == ':' ? 4 : fields_of(line_, separator_).size();
    if (count == 4) return SetKind::analogies;
    if (count == 2) return SetKind::classes;
    if (count == 3) return separator_ == '\t' && has_blanks() ? SetKind::sentences : SetKind::pairs;
    fail_line(text("It has ", count, count == 1 ? " field" : " fields",
                   ", and is no pair (a b score), analogy (a b c d), word of a class (word class) or pair of "
                   "sentences (text, text, score, with tabs between). Hint: begin headings with #"));
  }
  bool has_blanks() const {
    LineReader lines(text_, path_);
    while (lines.next())
      if (!lines.line().starts_with('#'))
        for (std::string_view field : fields_of(lines.line(), '\t'))
          if (field.find(' ') != std::string_view::npos) return true;
    return false;
  }
  void add() {
    const Fields fields = fields_of(line_, separator_);
    const bool scored = out_.kind == SetKind::pairs || out_.kind == SetKind::sentences;
    const size_t count = scored ? 3 : out_.kind == SetKind::analogies ? 4 : 2;
    if (fields.size() != count)
      fail_line(text("It has ", fields.size(), fields.size() == 1 ? " field" : " fields", ", one of ",
                     kSetKinds[static_cast<size_t>(out_.kind)], " has ", count,
                     ". Hint: --kind says what the file has; begin headings with #"));
    if (std::any_of(fields.begin(), fields.end(), [](std::string_view field) { return field.empty(); }))
      fail_line("A field is empty. Hint: write a # before a line to leave it out");
    EvaluationItem item{.texts = {fields.begin(), fields.end()}};
    if (scored) item.score = number(fields.back()), item.texts.pop_back();
    if (out_.kind == SetKind::analogies) {
      if (out_.sections.empty())
        fail_line("The question stands before any section. Hint: begin with a line \": name\"");
      item.section = out_.sections.size() - 1;
    }
    if (out_.kind == SetKind::classes && !words_.insert(spelling_of(item.texts[0])).second)
      fail_line(text("The word \"", data::shown(item.texts[0]),
                     "\" has a class already. Hint: give each word one"));
    out_.items.push_back(std::move(item));
  }
  double number(std::string_view field) const {
    double value = 0;
    auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    if (error != std::errc() || end != field.data() + field.size() || !std::isfinite(value))
      fail_line(text('"', data::shown(field),
                     "\" is no score. Hint: it is a finite number, the line's last field; begin "
                     "headings with #"));
    return value;
  }

  const std::string& path_;
  std::string text_;
  std::optional<SetKind> kind_;
  std::string_view line_;
  int64_t number_ = 0;
  char separator_ = ' ';
  std::set<std::string> words_;
  EvaluationSet out_{};
};

}  // namespace

EvaluationSet read_evaluation_set(const std::string& path, std::optional<SetKind> kind) {
  return SetReader(path, kind).read();
}

}  // namespace lexigrad::train
