// Element types.
#pragma once
#include <cstdint>

#include "lexigrad/autograd/base/bfloat16.h"

namespace lexigrad {

enum class Dtype : uint8_t { boolean, int64, bfloat16, float32, float64 };  ///< in order of promotion
inline constexpr Dtype boolean = Dtype::boolean, int64 = Dtype::int64, bfloat16 = Dtype::bfloat16,
                       float32 = Dtype::float32, float64 = Dtype::float64;

/// Bytes of one element.
constexpr int64_t item_size(Dtype dtype) {
  return dtype == Dtype::boolean ? 1 : dtype == Dtype::bfloat16 ? 2 : dtype == Dtype::float32 ? 4 : 8;
}
/// float32 and float64: those with gradients. bfloat16 only stores.
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
template <> inline constexpr bool is_element<BFloat16> = true;
template <> inline constexpr bool is_element<float> = true;
template <> inline constexpr bool is_element<double> = true;
template <> inline constexpr Dtype dtype_of<bool> = Dtype::boolean;
template <> inline constexpr Dtype dtype_of<int64_t> = Dtype::int64;
template <> inline constexpr Dtype dtype_of<BFloat16> = Dtype::bfloat16;
template <> inline constexpr Dtype dtype_of<float> = Dtype::float32;
template <> inline constexpr Dtype dtype_of<double> = Dtype::float64;
// clang-format on

}  // namespace lexigrad
