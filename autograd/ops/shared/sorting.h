// Order of numbers: what sort, argsort and topk share. NaN is the largest number, -0 equals 0.
#pragma once
#include <bit>
#include <cstdint>
#include <type_traits>

namespace lexigrad::detail {

/// An unsigned key in the order of the numbers.
template <class T>
auto sort_key(T x) {
  if constexpr (std::is_floating_point_v<T>) {
    using Key = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
    constexpr Key sign = Key{1} << (sizeof(T) * 8 - 1);
    if (x != x) return static_cast<Key>(~Key{0});
    Key bits = std::bit_cast<Key>(x + T{0});  // -0 + 0 is 0
    return static_cast<Key>(bits & sign ? ~bits : bits | sign);
  } else if constexpr (std::is_same_v<T, bool>) {
    return static_cast<uint32_t>(x);
  } else {
    return static_cast<uint64_t>(x) ^ uint64_t { 1 } << 63;
  }
}
/// The same, the other way round where `descending`.
template <class T>
auto sort_key(T x, bool descending) {
  auto key = sort_key(x);
  return descending ? static_cast<decltype(key)>(~key) : key;
}

/// A key and the place it comes from.
template <class Key>
struct Keyed {
  Key key;
  int64_t place;
  bool operator<(const Keyed& other) const {
    return key < other.key || (key == other.key && place < other.place);
  }
};

}  // namespace lexigrad::detail
