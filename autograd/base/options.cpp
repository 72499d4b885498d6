#include "lexigrad/autograd/base/options.h"

#include <algorithm>

namespace lexigrad {
namespace {

std::string shown(const OptionValue& value) {
  return std::visit([](const auto& v) { return text(v); }, value);
}

// What a value must be; empty where it is so.
std::string wrong(const Option& option, const OptionValue& value) {
  if (value.index() != option.standard.index())
    return "of the type of its default, " + shown(option.standard);
  if (auto* whole = std::get_if<Whole>(&option.valid))
    if (int64_t v = std::get<int64_t>(value); v < whole->low || v > whole->high)
      return text(whole->low, "..", whole->high);
  if (auto* real = std::get_if<Real>(&option.valid))
    if (double v = std::get<double>(value); !(v >= real->low && v < real->high))
      return text(">= ", real->low, " and < ", real->high);
  if (auto* words = std::get_if<std::vector<std::string>>(&option.valid)) {
    const auto& word = std::get<std::string>(value);
    if (std::find(words->begin(), words->end(), word) != words->end()) return {};
    std::string known;
    for (const std::string& each : *words) known += (known.empty() ? "" : ", ") + each;
    return known;
  }
  return {};
}

}  // namespace

OptionValues OptionValues::completed(const std::string& where, const std::vector<Option>& options) const {
  std::string known;
  for (const Option& option : options) known += (known.empty() ? "" : ", ") + option.name;
  for (const auto& [name, value] : values_) {
    auto found = std::find_if(options.begin(), options.end(),
                              [&, &name = name](const Option& o) { return o.name == name; });
    check(found != options.end(), where, "There is no option \"", name, "\" (valid are ",
          known.empty() ? "none" : known, ")");
    std::string valid = wrong(*found, value);
    check(valid.empty(), where, "The option \"", name, "\" is ", shown(value), " (valid: ", valid, ")");
  }
  OptionValues out = *this;
  out.add(options);
  return out;
}

}  // namespace lexigrad
