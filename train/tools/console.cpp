#include "lexigrad/train/tools/console.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <system_error>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/file.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/data/text/text.h"
#include "lexigrad/data/tokenizers/vocabulary.h"

namespace lexigrad::tools {
namespace {

[[noreturn]] void fail_stream(std::string_view what, const char* stream) {
  std::string why = errno == 0 ? "the stream is closed" : std::generic_category().message(errno);
  fail_file("command", text(what, ": ", why, "."), stream);
}

void write_all(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size())
    fail_stream("The output cannot be written", "standard output");
}

}  // namespace

void print_error(std::string_view message) {
  std::string line = text("lexigrad: ", message);
  for (char& c : line)
    if (c == '\n' || c == '\r') c = ' ';
  line = data::visible(line) + '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
}

int bad_usage(std::string_view verb, std::string_view message) {
  print_error(text('[', verb, "] ", message));
  return kBadUsage;
}

// A terminal gets lines and tabs, but nothing else that steers it.
void print(std::string_view text) {
  if (::isatty(STDOUT_FILENO) == 0) return write_all(text);
  for (size_t at = 0; at < text.size();) {
    size_t end = std::min(text.find_first_of("\n\t", at), text.size());
    write_all(data::visible(text.substr(at, end - at)));
    write_all(text.substr(end, 1));
    at = end + 1;
  }
}

void flush_output() {
  if (!std::cout.flush() || std::fflush(stdout) != 0)
    fail_stream("The output cannot be written", "standard output");
}

std::string read_input() {
  if (::isatty(STDIN_FILENO)) print_error("reading the text from the terminal; Ctrl-D ends it");
  return read_to_end(STDIN_FILENO, "standard input");
}

std::string with_commas(int64_t number) {
  const std::string digits = text(number);
  const size_t first = number < 0 ? 1 : 0;
  std::string grouped;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > first && (digits.size() - i) % 3 == 0) grouped += ',';
    grouped += digits[i];
  }
  return grouped;
}

std::string bytes_text(int64_t bytes) {
  if (bytes < 1024) return text(bytes, " B");
  auto value = static_cast<double>(bytes);
  size_t unit = 0;
  constexpr std::string_view units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  for (; value >= 1023.95 && unit + 1 < std::size(units); ++unit) value /= 1024;
  return text(fixed(value, 1), ' ', units[unit]);
}

int64_t parse_bytes(std::string_view size) {
  constexpr std::pair<std::string_view, double> units[] = {
      {"B", 1}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}};
  double number = 0;
  const char* end = size.data() + size.size();
  auto [stop, error] = std::from_chars(size.data(), end, number, std::chars_format::fixed);
  if (error != std::errc()) return 0;
  std::string_view unit(stop, static_cast<size_t>(end - stop));
  if (unit.starts_with(' ')) unit.remove_prefix(1);
  for (auto [name, bytes] : units)
    if (unit == name && number * bytes >= 1 && number * bytes < 0x1p62)
      return static_cast<int64_t>(number * bytes);
  return 0;
}

int64_t width_of(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
}

std::string padded(std::string_view text, int64_t width) {
  std::string blanks(static_cast<size_t>(std::max<int64_t>(0, std::abs(width) - width_of(text))), ' ');
  return width < 0 ? blanks.append(text) : std::string(text) + blanks;
}

std::string fixed(double value, int digits) {
  char buffer[400];
  auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed, digits);
  return {buffer, end};
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known) {
  data::Vocabulary words;
  for (const std::string& each : known) words.add(each);
  std::string hint;
  for (const std::string& near : words.nearest(word, 2))
    hint += text(hint.empty() ? " Hint: did you mean " : " or ", '"', near, '"');
  return hint.empty() ? hint : hint + '?';
}

}  // namespace lexigrad::tools
