#include "lexigrad/nn/members.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "lexigrad/autograd/base/check.h"

namespace lexigrad::nn::detail {

std::vector<std::string> Members::split(const char* names) {
  std::vector<std::string> out;
  for (std::string_view rest = names; !rest.empty();) {
    size_t comma = std::min(rest.find(','), rest.size());
    std::string_view name = rest.substr(0, comma);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    name.remove_prefix(std::min(name.find_first_not_of(' '), name.size()));
    if (name.size() > 1 && name.back() == '_') name.remove_suffix(1);
    out.emplace_back(name);
  }
  return out;
}

Members&& Members::name_items(const std::vector<std::string>& items) && {
  for (size_t i = 0; i < items.size(); ++i) list.front().items[i].name = items[i];
  return std::move(*this);
}

void Members::expect(size_t count) const {
  check(names.size() == count, type, "LEXIGRAD_MODULE cannot read its list. Hint: name plain members");
  std::set<std::string> unique(names.begin(), names.end());
  check(unique.size() == count, type,
        "LEXIGRAD_MODULE lists two members of one name (gate and gate_ are one)");
}

}  // namespace lexigrad::nn::detail
