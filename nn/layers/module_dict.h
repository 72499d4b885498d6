// Modules by name.
#pragma once
#include <algorithm>
#include <concepts>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/nn/module.h"

namespace lexigrad::nn {

/// Modules of one type (or of classes derived from it) under names of one's own, in the order
/// in which they were put in.
template <std::derived_from<Module> Type>
class ModuleDict final : public Module {
 public:
  /// Takes a module over and returns it. Throws where the name is taken, empty or has a dot.
  template <std::derived_from<Type> Each>
  requires(!std::is_lvalue_reference_v<Each>) Each& insert(const std::string& name, Each&& module) {
    check(!name.empty() && name.find('.') == std::string::npos, "ModuleDict", "The name \"", name,
          "\" is empty or has a dot: paths are made of names with dots between");
    check(!contains(name), "ModuleDict", "The name \"", name, "\" is taken");
    auto owned = std::make_unique<Each>(std::move(module));
    Each& out = *owned;
    names_.push_back(name);
    items_.push_back(std::move(owned));
    return out;
  }

  bool contains(const std::string& name) const { return std::count(names_.begin(), names_.end(), name) > 0; }
  const std::vector<std::string>& names() const { return names_; }
  /// Throws, naming all, where there is none.
  Type& operator[](const std::string& name) const {
    std::string known;
    for (size_t i = 0; i < names_.size(); ++i) {
      if (names_[i] == name) return *items_[i];
      known += (i == 0 ? "" : ", ") + names_[i];
    }
    fail("ModuleDict", text("There is no module \"", name, "\" (valid are ", known, ")"));
  }

 private:
  detail::Members members_of_LEXIGRAD_MODULE() override {
    return detail::Members(*this, "ModuleDict", " ").add(items_).name_items(names_);
  }

  std::vector<std::string> names_;
  std::vector<std::unique_ptr<Type>> items_;
};

}  // namespace lexigrad::nn
