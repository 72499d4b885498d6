// How LEXIGRAD_MODULE's list becomes members under names. For module.h.
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

namespace lexigrad::nn {

class Module;
class Parameter;
class Buffer;

namespace detail {

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
  /// Names the items of a list that has no name itself.
  Members&& name_items(const std::vector<std::string>& items) &&;

 private:
  static std::vector<std::string> split(const char* names);
  void expect(size_t count) const;
};

}  // namespace detail
}  // namespace lexigrad::nn
