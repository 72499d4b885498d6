// Element types.
#pragma once
#include <cstdint>

namespace lexigrad {

enum class Dtype : uint8_t { boolean, int64, float32, float64 };  // in order of promotion
inline constexpr Dtype boolean = Dtype::boolean, int64 = Dtype::int64, float32 = Dtype::float32,
                       float64 = Dtype::float64;

/// Bytes of one element.
constexpr int64_t item_size(Dtype dtype) {
  return dtype == Dtype::boolean ? 1 : dtype == Dtype::float32 ? 4 : 8;
}
constexpr bool is_floating(Dtype dtype) { return dtype == Dtype::float32 || dtype == Dtype::float64; }
/// "float32", ...
const char* name(Dtype dtype);

template <class T>
inline constexpr bool is_element = false;
template <class T>
inline constexpr Dtype dtype_of = Dtype::float32;
// clang-format off
template <> inline constexpr bool is_element<bool> = true;
template <> inline constexpr bool is_element<int64_t> = true;
template <> inline constexpr bool is_element<float> = true;
template <> inline constexpr bool is_element<double> = true;
template <> inline constexpr Dtype dtype_of<bool> = Dtype::boolean;
template <> inline constexpr Dtype dtype_of<int64_t> = Dtype::int64;
template <> inline constexpr Dtype dtype_of<float> = Dtype::float32;
template <> inline constexpr Dtype dtype_of<double> = Dtype::float64;
// clang-format on

}  // namespace lexigrad
