// Standard input, output and error, and numbers for people to read.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lexigrad::tools {

inline constexpr int kFailed = 1, kBadUsage = 2;  ///< exit codes beside 0

/// Prints "lexigrad: message" as one line to standard error; what would steer a terminal is escaped.
void print_error(std::string_view message);
/// Prints "lexigrad: [verb] message" to standard error and returns kBadUsage.
int bad_usage(std::string_view verb, std::string_view message);
/// Writes to standard output, the bytes as they are where that is no terminal. Throws FileError where that fails (a full disk).
void print(std::string_view text);
/// Writes out what print() has buffered. Throws as print.
void flush_output();
/// All of standard input. Throws FileError where it cannot be read.
std::string read_input();

/// "617,558,016".
std::string with_commas(int64_t number);
/// "2.3 GiB", "512 B".
std::string bytes_text(int64_t bytes);
/// The bytes of "500MB", "1.5 GiB": a number and B, kB, MB, GB, KiB, MiB or GiB; 0 where it is no such size.
int64_t parse_bytes(std::string_view size);
/// Characters of a UTF-8 text.
int64_t width_of(std::string_view text);
/// The text with blanks behind it up to `width` characters of UTF-8 (before it where the
/// width is negative).
std::string padded(std::string_view text, int64_t width);
/// "0.9412": `digits` after the point, independent of the locale.
std::string fixed(double value, int digits);
/// The words of `known` spelled most like `word`, as ' Hint: did you mean "a" or "b"?'; empty
/// where none is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);

}  // namespace lexigrad::tools
