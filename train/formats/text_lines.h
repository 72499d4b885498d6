// Lines of numbers and words, as the text formats of vectors have them.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lexigrad/autograd/base/file.h"

namespace lexigrad::train {

/// Walks a text by lines and fields; its errors name line and byte. `text` and `path`
/// must outlive it.
class LineReader {
  static constexpr std::string_view kBlanks = " \t";

 public:
  LineReader(std::string_view text, const std::string& path) : text_(text), path_(path) {}
  /// Begins at a line's first byte, behind `lines` lines.
  LineReader(std::string_view text, const std::string& path, size_t begin, int64_t lines)
      : text_(text), path_(path), begin_(begin), number_(lines) {}

  /// Goes to the next line (without \n or \r\n); false at the end.
  bool next();
  /// Where the next line begins.
  size_t place() const { return begin_; }
  std::string_view line() const { return line_; }
  /// True where nothing but blanks and tabs is left of the line.
  bool at_end() const { return line_.find_first_not_of(kBlanks, at_) == std::string_view::npos; }
  /// What stands before the next separator or the line's end.
  std::string_view field(char separator);
  /// What stands before the line's last `count` fields, blanks in it included; numbers() goes on from there.
  std::string_view word_before(int64_t count);
  /// How many of the line's fields behind the first are numbers, counted from the end.
  int64_t numbers_at_end() const;
  /// How many fields the line has, with blanks or tabs between them.
  int64_t fields() const;
  /// Reads a whole number, behind blanks; false, standing still, where there is none.
  bool parse(int64_t& value);
  /// The line's first field, where `count` plain numbers (read_plain_number) follow it up to the line's end, which
  /// become `out`; empty, standing still, for any other line.
  std::string_view word_and_numbers(float* out, int64_t count);
  /// Reads exactly `count` numbers, with blanks or tabs between them, up to the line's end.
  void numbers(float* out, int64_t count);
  /// Throws FileError at the byte that has been reached.
  [[noreturn]] void fail_here(const std::string& what) const;

 private:
  void number(float& value);

  std::string_view text_, line_;
  const std::string& path_;
  size_t begin_ = 0, at_ = 0;
  int64_t number_ = 0;
};

/// Writes one line of numbers, each the shortest text that reads back as the same float32.
void write_numbers(FileWriter& out, const float* values, int64_t count, char separator);
/// Words as of escape_word, one a line.
std::string word_lines(const std::vector<std::string>& words);
/// Undoes word_lines.
std::vector<std::string> split_words(std::string_view lines);

}  // namespace lexigrad::train
