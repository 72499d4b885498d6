#include "lexigrad/train/tools/flags.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>
#include <limits>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/train/tools/console.h"

namespace lexigrad::tools {
namespace {

template <class T>
bool parse_number(const std::string& digits, T& value) {
  const char *begin = digits.data() + (digits.starts_with('+') ? 1 : 0), *end = digits.data() + digits.size();
  auto [stop, error] = std::from_chars(begin, end, value);
  return error == std::errc() && stop == end;
}

// `fault` says what is wrong with a value, or nothing; `store` takes a good one.
template <class T, class Fault, class Store>
CLI::Option* add_number(CLI::App& verb, const std::string& flag, T standard, const std::string& help,
                        const std::string& type, const Fault& fault, const Store& store) {
  CLI::callback_t parse = [store](const CLI::results_t& given) {
    T value{};
    bool whole = parse_number(given.front(), value);
    if (whole) store(value);
    return whole;
  };
  return verb.add_option(flag, parse, help)
      ->type_name(type)
      ->default_str(text(standard))
      ->check([fault](const std::string& given) -> std::string {
        T parsed{};
        bool whole = parse_number(given, parsed);
        std::string why = fault(whole, parsed);
        return why.empty() ? "" : text('"', given, "\" ", why);
      });
}

template <class Store>
CLI::Option* add_whole(CLI::App& verb, const std::string& flag, int64_t standard, Whole valid,
                       const std::string& help, const Store& store) {
  auto fault = [valid](bool parsed, int64_t given) {
    std::string range = text(" (valid range is ", valid.low, "..", valid.high, ")");
    if (!parsed) return "is no whole number" + range;
    return given < valid.low || given > valid.high ? "is out of range" + range : "";
  };
  return add_number(verb, flag, standard, help, "N", fault, store);
}

template <class Store>
CLI::Option* add_fraction(CLI::App& verb, const std::string& flag, double standard, Real valid,
                          const std::string& help, const Store& store) {
  auto fault = [valid](bool parsed, double given) {
    std::string range = text(" (valid range is ", valid.low, " <= X",
                             std::isfinite(valid.high) ? text(" < ", valid.high) : "", ")");
    if (!std::isfinite(valid.low)) range.clear();
    if (!parsed || !std::isfinite(given)) return "is no finite number" + range;
    return given < valid.low || given >= valid.high ? "is out of range" + range : "";
  };
  return add_number(verb, flag, standard, help, "X", fault, store);
}

// A text that must be one of `choices`, where there are any.
void restrict_to(CLI::Option& option, const std::vector<std::string>& choices) {
  if (choices.empty()) return;
  std::string list;
  for (const std::string& choice : choices) list += (list.empty() ? "" : "|") + choice;
  option.type_name(list)->check([choices, list](const std::string& given) -> std::string {
    for (const std::string& choice : choices)
      if (given == choice) return "";
    return text('"', given, "\" is unknown (valid: ", list, ")");
  });
}

// The limits of kind T that an option has; `any` where it has none.
template <class T>
T limits(const Option& option, T any) {
  const T* given = std::get_if<T>(&option.valid);
  return given ? *given : any;
}

}  // namespace

CLI::Option* add_integer(CLI::App& verb, const std::string& flag, int64_t& value, int64_t low, int64_t high,
                         const std::string& help) {
  return add_whole(verb, flag, value, {low, high}, help, [&value](int64_t given) { value = given; });
}

CLI::Option* add_real(CLI::App& verb, const std::string& flag, double& value, double low, double high,
                      const std::string& help) {
  return add_fraction(verb, flag, value, {low, high}, help, [&value](double given) { value = given; });
}

CLI::Option* add_choice(CLI::App& verb, const std::string& flag, std::string& value,
                        const std::vector<std::string>& choices, const std::string& help) {
  CLI::Option* option = verb.add_option(flag, value, help)->default_str(value);
  restrict_to(*option, choices);
  return option;
}

CLI::Option* add_text(CLI::App& verb, const std::string& flag, std::string& value, const std::string& help,
                      const std::string& shown_default) {
  return verb.add_option(flag, value, help)->default_str(value.empty() ? shown_default : value);
}

CLI::Option* add_bytes(CLI::App& verb, const std::string& flag, int64_t& value, const std::string& help,
                       const std::string& shown_default) {
  CLI::callback_t parse = [&value](const CLI::results_t& given) {
    value = parse_bytes(given.front());
    return value > 0;
  };
  return verb.add_option(flag, parse, help)
      ->type_name("SIZE")
      ->default_str(shown_default)
      ->check([](const std::string& given) -> std::string {
        if (parse_bytes(given) > 0) return "";
        return text('"', given, "\" is no size. Hint: a number and B, kB, MB, GB, KiB, MiB or GiB, as 2GiB");
      });
}

CLI::Option* add_switch(CLI::App& verb, const std::string& flag, bool& value, const std::string& help) {
  return verb.add_flag(flag, value, help)->default_str(value ? "on" : "off");
}

CLI::Option* add_option(CLI::App& verb, const Option& option, OptionValues& values) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const std::string flag = "--" + option.name;
  values.set(option.name, option.standard);
  auto store = [&values, name = option.name](const auto& given) { values.set(name, given); };
  if (const bool* on = std::get_if<bool>(&option.standard))
    return verb
        .add_flag_function(
            flag + ",!--no-" + option.name, [store](int64_t times) { store(times > 0); }, option.help)
        ->default_str(*on ? "true" : "false");
  if (const int64_t* whole = std::get_if<int64_t>(&option.standard))
    return add_whole(verb, flag, *whole, limits(option, Whole{INT64_MIN, INT64_MAX}), option.help, store);
  if (const double* real = std::get_if<double>(&option.standard))
    return add_fraction(verb, flag, *real, limits(option, Real{-infinity, infinity}), option.help, store);
  CLI::Option* added = verb.add_option_function<std::string>(flag, store, option.help)
                           ->default_str(std::get<std::string>(option.standard));
  restrict_to(*added, limits(option, std::vector<std::string>{}));
  return added;
}

}  // namespace lexigrad::tools
