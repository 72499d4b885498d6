// Flags of the verbs, parsed independently of the locale.
#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/train/tools/command.h"

namespace lexigrad::tools {
namespace {

template <class T>
bool parse_number(const std::string& digits, T& value) {
  const char *begin = digits.data() + (digits.starts_with('+') ? 1 : 0), *end = digits.data() + digits.size();
  auto [stop, error] = std::from_chars(begin, end, value);
  return error == std::errc() && stop == end;
}

// `fault` says what is wrong with a value, or nothing.
template <class T, class Fault>
CLI::Option* add_number(CLI::App& verb, const std::string& flag, T& value, const std::string& help,
                        const std::string& type, const Fault& fault) {
  CLI::callback_t store = [&value](const CLI::results_t& given) {
    return parse_number(given.front(), value);
  };
  return verb.add_option(flag, store, help)
      ->type_name(type)
      ->default_str(text(value))
      ->check([fault](const std::string& given) -> std::string {
        T parsed{};
        bool whole = parse_number(given, parsed);
        std::string why = fault(whole, parsed);
        return why.empty() ? "" : text('"', given, "\" ", why);
      });
}

}  // namespace

CLI::Option* add_integer(CLI::App& verb, const std::string& flag, int64_t& value, int64_t low, int64_t high,
                         const std::string& help) {
  return add_number(verb, flag, value, help, "N", [low, high](bool parsed, int64_t given) {
    std::string range = text(" (valid range is ", low, "..", high, ")");
    if (!parsed) return "is no whole number" + range;
    return given < low || given > high ? "is out of range" + range : "";
  });
}

CLI::Option* add_real(CLI::App& verb, const std::string& flag, double& value, double low, double high,
                      const std::string& help) {
  return add_number(verb, flag, value, help, "X", [low, high](bool parsed, double given) {
    std::string range =
        text(" (valid range is ", low, " <= X", std::isfinite(high) ? text(" < ", high) : "", ")");
    if (!parsed || !std::isfinite(given)) return "is no finite number" + range;
    return given < low || given >= high ? "is out of range" + range : "";
  });
}

CLI::Option* add_choice(CLI::App& verb, const std::string& flag, std::string& value,
                        const std::vector<std::string>& choices, const std::string& help) {
  std::string list;
  for (const std::string& choice : choices) list += (list.empty() ? "" : "|") + choice;
  return verb.add_option(flag, value, help)
      ->type_name(list)
      ->default_str(value)
      ->check([choices, list](const std::string& given) -> std::string {
        for (const std::string& choice : choices)
          if (given == choice) return "";
        return text('"', given, "\" is unknown (valid: ", list, ")");
      });
}

CLI::Option* add_text(CLI::App& verb, const std::string& flag, std::string& value, const std::string& help,
                      const std::string& shown_default) {
  return verb.add_option(flag, value, help)->default_str(value.empty() ? shown_default : value);
}

CLI::Option* add_switch(CLI::App& verb, const std::string& flag, bool& value, const std::string& help) {
  return verb.add_flag(flag, value, help)->default_str(value ? "on" : "off");
}

}  // namespace lexigrad::tools
