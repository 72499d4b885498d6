// How LEXIGRAD_MODULE's list becomes names, and how a member that it leaves out is found. For module.h only.
#pragma once
#include <cstddef>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include "lexigrad/autograd/tensor/tensor.h"

namespace lexigrad::nn {

class Module;
class Parameter;
class Buffer;

namespace detail {

enum class Kind { parameter, buffer, module };

/// Base of Parameter, Buffer and Module: every living one is in a set of addresses, wherever it is moved.
class Tracked {
 public:
  explicit Tracked(Kind kind);
  Tracked(Tracked&& other) noexcept;
  Tracked& operator=(Tracked&&) noexcept { return *this; }
  ~Tracked();
};

/// One entry of a module's list: a parameter, a buffer, a child, or a container of those.
struct Member {
  std::string name;
  Parameter* parameter = nullptr;
  Buffer* buffer = nullptr;
  Module* module = nullptr;
  bool is_list = false;
  std::vector<Member> items = {};
};

template <class T>
struct is_holder : std::false_type {};
template <class T>
struct is_holder<std::optional<T>> : std::true_type {};
template <class T, class D>
struct is_holder<std::unique_ptr<T, D>> : std::true_type {};
template <class T>
struct is_holder<std::shared_ptr<T>> : std::true_type {};

template <class T>
Member make_member(std::string name, T& object) {
  Member out{.name = std::move(name)};
  if constexpr (std::is_base_of_v<Parameter, T>) {
    out.parameter = &object;
  } else if constexpr (std::is_base_of_v<Buffer, T>) {
    out.buffer = &object;
  } else if constexpr (std::is_base_of_v<Module, T>) {
    out.module = &object;
  } else if constexpr (is_holder<T>::value) {
    if (object) return make_member(std::move(out.name), *object);
  } else {
    static_assert(std::ranges::range<T&>,
                  "LEXIGRAD_MODULE lists parameters, buffers, modules, and std containers of them");
    out.is_list = true;
    for (auto& item : object) out.items.push_back(make_member(std::to_string(out.items.size()), item));
  }
  return out;
}

/// The members of one module, and where it lies.
struct Members {
  std::string type;
  const std::type_info* id;
  const char* begin;
  size_t size;
  std::vector<std::string> names;  ///< of the list, in order
  std::vector<Member> list = {};

  /// `names` is the list's text: "value_, gate_".
  template <class Class>
  Members(Class& self, const char* type, const char* names)
      : type(type),
        id(&typeid(Class)),
        begin(reinterpret_cast<const char*>(&self)),
        size(sizeof(Class)),
        names(split(names)) {}

  template <class... Objects>
  Members&& add(Objects&... objects) && {
    expect(sizeof...(objects));
    (list.push_back(make_member(names[list.size()], objects)), ...);
    return std::move(*this);
  }

 private:
  static std::vector<std::string> split(const char* names);
  void expect(size_t count) const;
};

/// A parameter anywhere below a module. `first` is the index of the first slot that holds the same tensor.
struct Slot {
  std::string path;
  Parameter* parameter;
  size_t first;
};

struct ModuleAccess {
  /// What the module lists, as it stands.
  static Members listed(const Module& module);
  /// The same; throws where a member is missing.
  static Members members(const Module& module);
  /// The modules in the list.
  static std::vector<Module*> children(const Module& module);
  /// All defined parameters, depth first.
  static std::vector<Slot> slots(const Module& module);
  /// All defined buffers, depth first, under their paths.
  static std::vector<std::pair<std::string, Buffer*>> buffers(const Module& module);
  /// The number of the module's path below what runs; remembers it.
  static uint32_t enter(const Module& module, const Module* parent, uint32_t parent_scope);
  /// What the module's hooks make of its input and its output.
  static Tensor before(const Module& module, Tensor input);
  static Tensor after(const Module& module, const Tensor& input, Tensor output);
};

}  // namespace detail
}  // namespace lexigrad::nn
