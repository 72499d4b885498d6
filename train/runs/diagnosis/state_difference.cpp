#include "lexigrad/train/runs/diagnosis/state_difference.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/checks/differences.h"

namespace lexigrad::train {
namespace {

template <class T>
std::string digits(T value) {
  std::conditional_t<std::is_same_v<T, BFloat16>, float, T> shown = value;
  char buffer[40];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, shown).ptr};
}

// The place of a floating-point number among all of its type: neighbours are 1 apart, -0 and 0 are the same.
template <class T>
int64_t rank_of(T value) {
  using Bits =
      std::conditional_t<sizeof(T) == 2, int16_t, std::conditional_t<sizeof(T) == 4, int32_t, int64_t>>;
  auto bits = std::bit_cast<Bits>(value);
  return bits < 0 ? -static_cast<int64_t>(bits & std::numeric_limits<Bits>::max()) : bits;
}

template <class T>
std::optional<uint64_t> apart(T a, T b) {
  if constexpr (std::is_integral_v<T>)
    return {};
  else {
    if (std::isnan(a) || std::isnan(b)) return {};
    auto x = static_cast<uint64_t>(rank_of(a)), y = static_cast<uint64_t>(rank_of(b));
    return rank_of(a) < rank_of(b) ? y - x : x - y;
  }
}

template <class T>
std::optional<TensorDifference> compare(const std::string& name, const Tensor& a, const Tensor& b) {
  const T *x = a.data<T>(), *y = b.data<T>();
  TensorDifference out{.tensor = name, .elements = a.numel()};
  int64_t first = -1;
  for (int64_t i = 0; i < a.numel(); ++i) {
    if (std::memcmp(x + i, y + i, sizeof(T)) == 0) continue;
    if (out.differing++ == 0) first = i;
  }
  if (first < 0) return {};
  out.index = detail::unravel(first, a.shape());
  out.a = digits(x[first]);
  out.b = digits(y[first]);
  out.ulps = apart(x[first], y[first]);
  return out;
}

std::optional<TensorDifference> difference(const std::string& name, const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || a.shape() != b.shape())
    return TensorDifference{.tensor = name,
                            .a = text(lexigrad::name(a.dtype()), " ", a.shape()),
                            .b = text(lexigrad::name(b.dtype()), " ", b.shape())};
  Tensor x = a.detach().contiguous(), y = b.detach().contiguous();
  if (a.dtype() == bfloat16) return compare<BFloat16>(name, x, y);
  if (a.dtype() == float32) return compare<float>(name, x, y);
  if (a.dtype() == float64) return compare<double>(name, x, y);
  return compare<int64_t>(name, x.to(int64), y.to(int64));
}

}  // namespace

std::optional<TensorDifference> first_difference(const nn::NamedTensors& a, const nn::NamedTensors& b) {
  for (const auto& [name, tensor] : a) {
    auto same =
        std::find_if(b.begin(), b.end(), [&, &name = name](const auto& each) { return each.first == name; });
    if (same == b.end()) continue;
    if (auto found = difference(name, tensor, same->second)) return found;
  }
  return {};
}

}  // namespace lexigrad::train
