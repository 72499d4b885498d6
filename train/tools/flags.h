// Flags of the verbs, parsed independently of the locale. A bad value ends with exit code 2,
// the flag's name and the valid range; the default is in --help.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "lexigrad/autograd/base/options.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace lexigrad::tools {

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
/// Bytes with a unit, "2GiB"; `shown_default` is what --help says.
CLI::Option* add_bytes(CLI::App& verb, const std::string& flag, int64_t& value, const std::string& help,
                       const std::string& shown_default);
/// On or off; off unless given.
CLI::Option* add_switch(CLI::App& verb, const std::string& flag, bool& value, const std::string& help);
/// The flag --NAME of an option from a table; its value goes into `values`, which has the
/// option's default until then.
CLI::Option* add_option(CLI::App& verb, const Option& option, OptionValues& values);

}  // namespace lexigrad::tools
