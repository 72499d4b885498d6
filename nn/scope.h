// Where a module's forward pass is entered, and what may look at its input and output. For module.h.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lexigrad/autograd/tape/module_path.h"
#include "lexigrad/autograd/tensor/tensor.h"

namespace lexigrad::nn {

class Module;

/// Sees a module's input before it runs and may return another; Tensor() keeps it.
using ForwardPreHook = std::function<Tensor(const Module& module, const Tensor& input)>;
/// Sees a module's input and output after it has run and may return another output; Tensor() keeps it.
using ForwardHook = std::function<Tensor(const Module& module, const Tensor& input, const Tensor& output)>;

namespace detail {

struct ModuleHooks {
  std::vector<std::shared_ptr<ForwardPreHook>> before;
  std::vector<std::shared_ptr<ForwardHook>> after;
};

/// The path under which a module ran last: its parent's number and its own. Moving a module forgets it.
class LastScope {
 public:
  LastScope() = default;
  LastScope(LastScope&&) noexcept {}
  LastScope& operator=(LastScope&&) noexcept {
    put(0, 0);
    return *this;
  }
  /// The module's number below `parent`; 0 where it last ran elsewhere.
  uint32_t below(uint32_t parent) const {
    uint64_t both = both_.load(std::memory_order_relaxed);
    return both >> 32 == parent ? static_cast<uint32_t>(both) : 0;
  }
  void put(uint32_t parent, uint32_t own) {
    both_.store(uint64_t{parent} << 32 | own, std::memory_order_relaxed);
  }

 private:
  std::atomic<uint64_t> both_{0};
};

/// The module that runs in this thread; null: none.
extern constinit thread_local const Module* running_module;

}  // namespace detail

/// While it lives, ops belong to this module: nodes of the tape, errors and pictures name its path
/// ("NextTokenModel.token"). Module::call() enters one; a module's other methods that run ops may, too.
class Scope {
 public:
  explicit Scope(const Module& module);
  ~Scope() {
    detail::running_module = module_;
    lexigrad::detail::current_scope = scope_;
  }
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

 private:
  const Module* module_;  ///< what ran before
  uint32_t scope_;
};

/// The path of the module that runs in this thread, "NextTokenModel.token"; empty where none does.
std::string module_path();

}  // namespace lexigrad::nn
