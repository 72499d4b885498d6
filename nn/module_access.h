// What the library may see of a module's members. For the sources of nn/.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "lexigrad/nn/module.h"

namespace lexigrad::nn::detail {

/// A parameter anywhere below a module. `first` is the index of the first slot that holds
/// the same tensor.
struct Slot {
  std::string path;
  Parameter* parameter;
  size_t first;
};

/// What the library may see of a module's members.
struct ModuleAccess {
  /// What the module lists, as it stands.
  static Members listed(const Module& module);
  /// The same; throws where the module's class has no list of its own.
  static Members own_list(const Module& module);
  /// The same; throws where a member is missing, too.
  static Members members(const Module& module);
  /// The modules in the list.
  static std::vector<Module*> children(const Module& module);
  /// All defined parameters, depth first.
  static std::vector<Slot> slots(const Module& module);
  /// All defined buffers, depth first, under their paths.
  static std::vector<std::pair<std::string, Buffer*>> buffers(const Module& module);
  /// The number of the module's path below what runs; remembers it.
  static uint32_t enter(const Module& module, const Module* parent, uint32_t parent_scope);
};

}  // namespace lexigrad::nn::detail
