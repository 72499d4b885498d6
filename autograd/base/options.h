// Options of what is chosen by its name, as data: the command line, config.json and --help read them.
#pragma once
#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "lexigrad/autograd/base/check.h"

namespace lexigrad {

/// Valid whole numbers: low..high.
struct Whole {
  int64_t low, high;
};
/// Valid numbers: low <= x < high.
struct Real {
  double low, high;
};
using OptionValue = std::variant<bool, int64_t, double, std::string>;

struct Option {
  std::string name;      ///< "weight-decay": the flag without its dashes, the key in config.json
  OptionValue standard;  ///< what it is unless given; its type is the option's
  std::variant<std::monostate, Whole, Real, std::vector<std::string>> valid;  ///< for its type; none: any
  std::string help;
  bool is_path = false;  ///< names a file or folder: config.json keeps it absolute
};

/// All options of a table's rows, each name once.
template <class Rows>
std::vector<Option> options_of(const Rows& rows) {
  std::vector<Option> out;
  for (const auto& row : rows)
    for (const Option& option : row.options) {
      auto same = [&](const Option& other) { return other.name == option.name; };
      auto found = std::find_if(out.begin(), out.end(), same);
      if (found == out.end())
        out.push_back(option);
      else
        check(found->standard.index() == option.standard.index(), "options", "The option \"", option.name,
              "\" of \"", row.name, "\" has another type than another row's. Hint: give it another name");
    }
  return out;
}

/// Values of options by name.
class OptionValues {
 public:
  OptionValues() = default;
  /// The defaults.
  explicit OptionValues(const std::vector<Option>& options) { add(options); }

  /// Adds the defaults of options that are not there.
  void add(const std::vector<Option>& options) {
    for (const Option& option : options) values_.emplace(option.name, option.standard);
  }
  /// All values here, and the defaults of the options that have none. Throws, as an error of
  /// `where`, on a value that is none of the options, of another type or not valid.
  OptionValues completed(const std::string& where, const std::vector<Option>& options) const;
  /// The values here that belong to the options.
  OptionValues only(const std::vector<Option>& options) const {
    OptionValues out;
    for (const Option& option : options)
      if (has(option.name)) out.set(option.name, at(option.name));
    return out;
  }
  bool has(const std::string& name) const { return values_.contains(name); }
  void set(const std::string& name, OptionValue value) { values_[name] = std::move(value); }
  /// The value itself, to be changed; throws as get().
  OptionValue& at(const std::string& name) { return const_cast<OptionValue&>(std::as_const(*this).at(name)); }
  const OptionValue& at(const std::string& name) const {
    check(has(name), "options", "There is no option \"", name, '"');
    return values_.find(name)->second;
  }
  /// Throws std::invalid_argument where there is no such option or it is of another type.
  template <class T>
  const T& get(const std::string& name) const {
    auto found = values_.find(name);
    const T* value = found == values_.end() ? nullptr : std::get_if<T>(&found->second);
    check(value != nullptr, "options", "There is no option \"", name, "\" of that type");
    return *value;
  }

 private:
  std::map<std::string, OptionValue> values_;
};

}  // namespace lexigrad
