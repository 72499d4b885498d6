// Modules by number and by name, for models that choose their own way through them.
#pragma once
#include <concepts>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/nn/module.h"

namespace lexigrad::nn {

/// Modules of one type (or of classes derived from it), named "0", "1", ...
template <std::derived_from<Module> Type>
class ModuleList final : public Module {
 public:
  /// Takes a module over and returns it.
  template <std::derived_from<Type> Each>
  requires(!std::is_lvalue_reference_v<Each>) Each& append(Each&& module) {
    auto owned = std::make_unique<Each>(std::move(module));
    Each& out = *owned;
    items_.push_back(std::move(owned));
    return out;
  }

  int64_t size() const { return static_cast<int64_t>(items_.size()); }
  /// Negative counts from the back. Throws where there is none.
  Type& operator[](int64_t index) const {
    int64_t at = index < 0 ? index + size() : index;
    check(at >= 0 && at < size(), "ModuleList", "There is no module ", index, " (valid are ", -size(), "..",
          size() - 1, ")");
    return *items_[static_cast<size_t>(at)];
  }
  /// Pointers to the modules, in order.
  auto begin() const { return items_.begin(); }
  auto end() const { return items_.end(); }

 private:
  // The list without a name: paths are "blocks.0.weight", not "blocks.items.0.weight".
  detail::Members members_of_LEXIGRAD_MODULE() override {
    return detail::Members(*this, "ModuleList", " ").add(items_);
  }

  std::vector<std::unique_ptr<Type>> items_;
};

}  // namespace lexigrad::nn
