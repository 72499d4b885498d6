// What the verbs of the command share. A verb is one file VERB.cpp with one add_VERB, named here and in
// main.cpp's table.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace lexigrad::tools {

inline constexpr int kFailed = 1, kBadUsage = 2;  ///< exit codes beside 0

// Each adds its verb and flags to the app. What the verb does runs when it has been parsed; it sets exit_code
// where it is not 0.
void add_convert(CLI::App& app, int& exit_code);
void add_corpus(CLI::App& app, int& exit_code);
void add_gradcheck(CLI::App& app, int& exit_code);
void add_generate(CLI::App& app, int& exit_code);
void add_graph(CLI::App& app, int& exit_code);
void add_inspect(CLI::App& app, int& exit_code);
void add_neighbors(CLI::App& app, int& exit_code);
void add_tokenize(CLI::App& app, int& exit_code);
void add_train(CLI::App& app, int& exit_code);

// Flags whose bad values end with exit code 2, the flag's name and the valid range; the default is in --help.
/// A whole number in low..high, in decimal digits.
CLI::Option* add_integer(CLI::App& verb, const std::string& flag, int64_t& value, int64_t low, int64_t high,
                         const std::string& help);
/// A finite number with low <= number < high; high may be infinity.
CLI::Option* add_real(CLI::App& verb, const std::string& flag, double& value, double low, double high,
                      const std::string& help);
/// One of a list of words.
CLI::Option* add_choice(CLI::App& verb, const std::string& flag, std::string& value,
                        const std::vector<std::string>& choices, const std::string& help);
/// A text; `shown_default` is what --help says where `value` is empty.
CLI::Option* add_text(CLI::App& verb, const std::string& flag, std::string& value, const std::string& help,
                      const std::string& shown_default = "");
/// On or off; off unless given.
CLI::Option* add_switch(CLI::App& verb, const std::string& flag, bool& value, const std::string& help);

/// Prints "lexigrad: message" as one line to standard error.
void print_error(std::string_view message);
/// Prints "lexigrad: [verb] message" to standard error and returns kBadUsage.
int bad_usage(std::string_view verb, std::string_view message);
/// Writes to standard output. Throws FileError where that fails (a full disk).
void print(std::string_view text);
/// Writes out what print() has buffered. Throws as print.
void flush_output();
/// All of standard input. Throws FileError where it cannot be read.
std::string read_input();

/// "617,558,016".
std::string with_commas(int64_t number);
/// "2.3 GiB", "512 B".
std::string bytes_text(int64_t bytes);
/// Characters of a UTF-8 text.
int64_t width_of(std::string_view text);
/// The text with blanks behind it up to `width` characters of UTF-8 (before it where the width is negative).
std::string padded(std::string_view text, int64_t width);
/// "0.9412": `digits` after the point, independent of the locale.
std::string fixed(double value, int digits);
/// The words of `known` spelled most like `word`, as ' Hint: did you mean "a" or "b"?'; empty where none is
/// near.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);

}  // namespace lexigrad::tools
