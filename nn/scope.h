// Where a module's forward pass is entered, and what may look at its input and
// output. For module.h.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <ranges>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "lexigrad/autograd/tape/module_path.h"
#include "lexigrad/autograd/tensor/tensor.h"

namespace lexigrad::nn {

class Module;

/// Sees a module's input before it runs and may return another; Tensor() keeps it. The input is
/// the first argument where that is a Tensor, the number as a tensor of one element where it is
/// one, else undefined.
using ForwardPreHook = std::function<Tensor(const Module& module, const Tensor& input)>;
/// Sees a module's input and output after it has run and may return another output; Tensor()
/// keeps it. Called for each tensor of the output in turn: of a pair, tuple, array or vector,
/// nested ones too, and of a struct with each_tensor(f); once with an undefined one where
/// there is none.
using ForwardHook = std::function<Tensor(const Module& module, const Tensor& input, const Tensor& output)>;

namespace detail {

struct ModuleHooks {
  std::vector<std::shared_ptr<ForwardPreHook>> before;
  std::vector<std::shared_ptr<ForwardHook>> after;
};

/// True for first arguments of a call that hooks see: tensors and numbers.
template <class T, class Plain = std::remove_cvref_t<T>>
constexpr bool is_seen = std::is_base_of_v<Tensor, Plain> || std::is_arithmetic_v<Plain>;

template <class T>
Tensor seen_by_hooks(const T& argument) {
  if constexpr (std::is_arithmetic_v<T>)
    return tensor({argument});
  else if constexpr (is_seen<T>)
    return argument;
  else
    return Tensor();
}

/// f(tensor) for each tensor in `value`, which is what a module returned.
template <class T, class F>
void each_tensor(T& value, const F& f) {
  if constexpr (std::is_base_of_v<Tensor, T>)
    f(static_cast<Tensor&>(value));
  else if constexpr (requires { value.each_tensor(f); })
    value.each_tensor(f);
  else if constexpr (requires { std::tuple_size<T>::value; })
    std::apply([&](auto&... items) { (each_tensor(items, f), ...); }, value);
  else if constexpr (std::ranges::range<T&>)
    for (auto&& item : value) each_tensor(item, f);
}

/// The path under which a module ran last: its parent's number and its own. Moving a
/// module forgets it.
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

/// While it lives, ops belong to this module: nodes of the tape, errors and pictures name its
/// path ("NextTokenModel.token"). operator() enters one; other methods that run ops may, too.
class [[nodiscard]] Scope {
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

/// The path of the module that runs in this thread, "NextTokenModel.token"; empty
/// where none does.
std::string module_path();

}  // namespace lexigrad::nn
