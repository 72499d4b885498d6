#include "lexigrad/nn/parameter_lists.h"

#include <algorithm>
#include <iterator>

#include "lexigrad/autograd/base/check.h"

namespace lexigrad::nn {

std::vector<ParameterRef> join(
    const std::vector<std::pair<std::string, std::vector<ParameterRef>>>& named_lists) {
  std::vector<ParameterRef> out;
  for (const auto& [name, list] : named_lists)
    for (ParameterRef p : list) {
      if (std::any_of(out.begin(), out.end(), [&](const ParameterRef& o) { return o.id() == p.id(); }))
        continue;
      p.name = name + (p.name.empty() ? "" : ".") + p.name;
      out.push_back(std::move(p));
    }
  return out;
}

bool name_fits(std::string_view name, std::string_view pattern) {
  size_t star = pattern.find('*');
  if (star == std::string_view::npos) return name == pattern;
  if (name.substr(0, star) != pattern.substr(0, star)) return false;
  pattern.remove_prefix(star + 1);
  for (size_t at = star; at <= name.size(); ++at)
    if (name_fits(name.substr(at), pattern)) return true;
  return false;
}

namespace {

std::vector<ParameterRef> chosen(const std::vector<ParameterRef>& parameters,
                                 const std::vector<std::string>& patterns, bool wanted) {
  for (const std::string& pattern : patterns)
    check(std::any_of(parameters.begin(), parameters.end(),
                      [&](const ParameterRef& p) { return name_fits(p.name, pattern); }),
          "named", "\"", pattern, "\" is the name of no parameter. Hint: * stands for any letters",
          parameters.empty() ? "" : text(", \"", parameters[0].name, "\" is a name"));
  std::vector<ParameterRef> out;
  std::copy_if(parameters.begin(), parameters.end(), std::back_inserter(out), [&](const ParameterRef& p) {
    return wanted == std::any_of(patterns.begin(), patterns.end(),
                                 [&](const std::string& pattern) { return name_fits(p.name, pattern); });
  });
  return out;
}

}  // namespace

std::vector<ParameterRef> named(const std::vector<ParameterRef>& parameters,
                                const std::vector<std::string>& patterns) {
  return chosen(parameters, patterns, true);
}

std::vector<ParameterRef> not_named(const std::vector<ParameterRef>& parameters,
                                    const std::vector<std::string>& patterns) {
  return chosen(parameters, patterns, false);
}

}  // namespace lexigrad::nn
