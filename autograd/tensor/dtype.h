// Element types, and code for each of them.
#pragma once
#include <cstdint>
#include <iosfwd>
#include <type_traits>

#include "lexigrad/autograd/base/bfloat16.h"
#include "lexigrad/autograd/base/check.h"

namespace lexigrad {

enum class Dtype : uint8_t { boolean, int64, bfloat16, float32, float64 };  ///< in order of promotion
inline constexpr Dtype boolean = Dtype::boolean, int64 = Dtype::int64, bfloat16 = Dtype::bfloat16,
                       float32 = Dtype::float32, float64 = Dtype::float64;

/// Bytes of one element.
constexpr int64_t item_size(Dtype dtype) {
  return dtype == Dtype::boolean ? 1 : dtype == Dtype::bfloat16 ? 2 : dtype == Dtype::float32 ? 4 : 8;
}
/// float32 and float64: those of real numbers that ops compute in. bfloat16 only stores.
constexpr bool is_floating(Dtype dtype) { return dtype == Dtype::float32 || dtype == Dtype::float64; }
/// That of the numbers computed from stored ones, and of their gradients: float32 for bfloat16, else the same.
constexpr Dtype arithmetic_dtype(Dtype dtype) { return dtype == Dtype::bfloat16 ? Dtype::float32 : dtype; }
/// "float32", ...
const char* name(Dtype dtype);
std::ostream& operator<<(std::ostream& out, Dtype dtype);

template <class T>
inline constexpr bool is_element = false;
template <class T>
inline constexpr Dtype dtype_of = Dtype::float32;
// clang-format off
template <> inline constexpr bool is_element<bool> = true;
template <> inline constexpr bool is_element<int64_t> = true;
template <> inline constexpr bool is_element<BFloat16> = true;
template <> inline constexpr bool is_element<float> = true;
template <> inline constexpr bool is_element<double> = true;
template <> inline constexpr Dtype dtype_of<bool> = Dtype::boolean;
template <> inline constexpr Dtype dtype_of<int64_t> = Dtype::int64;
template <> inline constexpr Dtype dtype_of<BFloat16> = Dtype::bfloat16;
template <> inline constexpr Dtype dtype_of<float> = Dtype::float32;
template <> inline constexpr Dtype dtype_of<double> = Dtype::float64;
// clang-format on

/// Throws, naming `op`, on the dtype that only stores.
inline void check_arithmetic(const char* op, Dtype dtype) {
  check(dtype != bfloat16, op, "bfloat16 is for storage alone. Hint: x.to(float32) converts");
}

/// Calls f with a value-initialised element of the dtype: dispatch(dtype, [&]<class T>(T) { ...
/// }). bfloat16 is an error: dispatch_stored takes it, too.
template <class F>
decltype(auto) dispatch(Dtype dtype, const F& f) {
  check_arithmetic("tensor", dtype);
  switch (dtype) {
    case Dtype::boolean:
      return f(bool{});
    case Dtype::int64:
      return f(int64_t{});
    case Dtype::float32:
      return f(float{});
    default:
      return f(double{});
  }
}

/// The same with bfloat16, for what only moves and converts elements.
template <class F>
decltype(auto) dispatch_stored(Dtype dtype, const F& f) {
  return dtype == bfloat16 ? f(BFloat16{}) : dispatch(dtype, f);
}

/// The same for float32 and float64; others are an error of `op`.
template <class F>
decltype(auto) dispatch_floating(const char* op, Dtype dtype, const F& f) {
  check(is_floating(dtype), op, "Needs float32 or float64, got ", name(dtype),
        ". Hint: x.to(float32) converts");
  return dtype == Dtype::float32 ? f(float{}) : f(double{});
}

}  // namespace lexigrad
