// Numbers as they stand in a program: whole ones stay whole, and lists of them nest.
#pragma once
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <type_traits>
#include <vector>

#include "lexigrad/autograd/tensor/dtype.h"
#include "lexigrad/autograd/tensor/shape.h"

namespace lexigrad {

namespace detail {
template <class T>
concept Number = std::is_arithmetic_v<T> || is_element<T>;
}  // namespace detail

/// One number beside tensors: bool, int64 or float32 in type, exact in value.
class Scalar {
 public:
  /// Throws on a whole number above 2^63 - 1.
  template <detail::Number T>
  Scalar(T value) : real_(static_cast<double>(value)) {
    if constexpr (std::is_integral_v<T>) {
      dtype_ = std::is_same_v<T, bool> ? Dtype::boolean : Dtype::int64;
      whole_ = static_cast<int64_t>(value);
      check(std::is_signed_v<T> || whole_ >= 0, "tensor", "The number ", static_cast<uint64_t>(value),
            " is above int64's largest, 9223372036854775807");
    }
  }
  template <std::convertible_to<std::string_view> Text>
  Scalar(const Text&) = delete;  // tensors go with numbers and tensors, not with text
  Dtype dtype() const { return dtype_; }
  template <detail::Number T>
  T to() const {
    return dtype_ == Dtype::float32 ? static_cast<T>(real_) : static_cast<T>(whole_);
  }

 private:
  double real_;
  int64_t whole_ = 0;
  Dtype dtype_ = Dtype::float32;
};

/// A number, or a list of literals: {{1, 2.5}, {3, 4}}.
class Literal {
 public:
  template <detail::Number T>
  Literal(T number) : number_(number), is_list_(false) {}
  Literal(std::initializer_list<Literal> list) : items_(list) {}
  template <class T>
  Literal(std::initializer_list<T> list) : items_(list.begin(), list.end()) {}

  /// Throws where the lists are not rectangular.
  Shape shape() const;
  /// The highest among the numbers; float32 where there are none.
  Dtype dtype() const;
  /// The numbers in row-major order.
  std::vector<Scalar> numbers() const;

 private:
  void form(std::vector<int64_t>& sizes) const;
  void read(const std::vector<int64_t>& sizes, size_t dim, std::vector<Scalar>& out) const;

  Scalar number_ = 0.0;
  bool is_list_ = true;
  std::vector<Literal> items_;
};

namespace detail {
[[noreturn]] void ragged(int64_t expected, int64_t found);

/// What nested vectors hold in the end, and the element type that it is stored as.
template <class T>
struct VectorElement {
  static_assert(Number<T>, "tensor() takes vectors of numbers, nested or not");
  using type =
      std::conditional_t<is_element<T>, T, std::conditional_t<std::is_integral_v<T>, int64_t, double>>;
  static void form(const T&, std::vector<int64_t>&) {}
  static void read(const T& value, const std::vector<int64_t>&, size_t, type*& to) {
    *to++ = Scalar(value).to<type>();
  }
};
template <class T>
struct VectorElement<std::vector<T>> {
  using type = typename VectorElement<T>::type;
  static void form(const std::vector<T>& list, std::vector<int64_t>& sizes) {
    sizes.push_back(static_cast<int64_t>(list.size()));
    if constexpr (!Number<T>)
      if (!list.empty()) VectorElement<T>::form(list.front(), sizes);
  }
  static void read(const std::vector<T>& list, const std::vector<int64_t>& sizes, size_t dim, type*& to) {
    if (static_cast<int64_t>(list.size()) != sizes[dim])
      ragged(sizes[dim], static_cast<int64_t>(list.size()));
    for (const T& item : list) VectorElement<T>::read(item, sizes, dim + 1, to);
  }
};
}  // namespace detail

}  // namespace lexigrad
