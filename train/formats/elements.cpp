#include "lexigrad/train/formats/elements.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/fork/made_once.h"
#include "lexigrad/train/formats/bytes.h"

namespace lexigrad::train {
namespace {

constexpr Element kElements[] = {
    {"F32", "f4", 4, float32},   {"F64", "f8", 8, float64},   {"I64", "i8", 8, int64},
    {"BF16", "", 2, bfloat16},   {"BOOL", "b1", 1, boolean},  {"F16", "f2", 2, float32},
    {"F8_E4M3", "", 1, float32}, {"F8_E5M2", "", 1, float32}, {"F8_E8M0", "", 1, float32},
    {"I32", "i4", 4, int64},     {"I16", "i2", 2, int64},     {"I8", "i1", 1, int64},
    {"U64", "u8", 8, int64},     {"U32", "u4", 4, int64},     {"U16", "u2", 2, int64},
    {"U8", "u1", 1, int64},      {"C64", "", 8, float32}};
constexpr size_t kWritten = 5;  // one for each dtype

// IEEE 754's layout in few bits. `all_finite`: the largest exponent is one as any other, and only all
// ones are NaN.
float small_float(uint32_t bits, int exponent_bits, int mantissa_bits, bool all_finite) {
  uint32_t ones = (1u << mantissa_bits) - 1, mantissa = bits & ones;
  int largest = (1 << exponent_bits) - 1, exponent = static_cast<int>(bits >> mantissa_bits) & largest;
  int scale = 1 - largest / 2 - mantissa_bits;  // of the smallest numbers
  float value = exponent == 0 ? std::ldexp(static_cast<float>(mantissa), scale)
                              : std::ldexp(static_cast<float>(mantissa + ones + 1), scale + exponent - 1);
  if (exponent == largest && !all_finite) value = std::numeric_limits<float>::infinity();
  if (exponent == largest && (all_finite ? mantissa == ones : mantissa != 0))
    value = std::numeric_limits<float>::quiet_NaN();
  return bits >> (exponent_bits + mantissa_bits) ? -value : value;
}

template <class F>
std::vector<float> table_of(size_t count, const F& value) {
  std::vector<float> out(count);
  for (size_t i = 0; i < count; ++i) out[i] = value(static_cast<uint32_t>(i));
  return out;
}

// The value of every pattern of bits.
const std::vector<float>& small_floats(std::string_view name) {
  using lexigrad::detail::made_once;
  if (name == "F16")
    return made_once([] { return table_of(65536, [](uint32_t b) { return small_float(b, 5, 10, false); }); });
  if (name == "F8_E4M3")
    return made_once([] { return table_of(256, [](uint32_t b) { return small_float(b, 4, 3, true); }); });
  if (name == "F8_E5M2")
    return made_once([] { return table_of(256, [](uint32_t b) { return small_float(b, 5, 2, false); }); });
  return made_once([] {
    return table_of(256, [](uint32_t b) {
      return b == 255 ? std::numeric_limits<float>::quiet_NaN() : std::ldexp(1.0f, static_cast<int>(b) - 127);
    });
  });
}

// Calls use(value) with each T of the bytes.
template <class T, class Use>
void for_each(std::string_view bytes, const Use& use) {
  for (size_t at = 0; at < bytes.size(); at += sizeof(T)) {
    T value;
    std::memcpy(&value, bytes.data() + at, sizeof(T));
    use(value);
  }
}

template <class T>
Tensor whole_numbers(std::string_view bytes, const Shape& shape) {
  bool fit = true;
  for_each<T>(bytes, [&](T value) { fit = fit && std::in_range<int64_t>(value); });
  Tensor out = empty(shape, fit ? int64 : float64);
  dispatch(out.dtype(), [&]<class To>(To) {
    To* to = out.data<To>();
    for_each<T>(bytes, [&](T value) { *to++ = static_cast<To>(value); });
  });
  return out;
}

Tensor whole_numbers(const Element& element, std::string_view bytes, const Shape& shape) {
  bool has_sign = element.name[0] == 'I';
  switch (element.bytes) {
    case 1:
      return has_sign ? whole_numbers<int8_t>(bytes, shape) : whole_numbers<uint8_t>(bytes, shape);
    case 2:
      return has_sign ? whole_numbers<int16_t>(bytes, shape) : whole_numbers<uint16_t>(bytes, shape);
    case 4:
      return has_sign ? whole_numbers<int32_t>(bytes, shape) : whole_numbers<uint32_t>(bytes, shape);
    default:
      return has_sign ? whole_numbers<int64_t>(bytes, shape) : whole_numbers<uint64_t>(bytes, shape);
  }
}

Tensor copied(std::string_view bytes, const Shape& shape, Dtype dtype) {
  Tensor out = empty(shape, dtype);
  if (!bytes.empty()) std::memcpy(element_bytes(out), bytes.data(), bytes.size());
  return out;
}

Tensor looked_up(const Element& element, std::string_view bytes, const Shape& shape) {
  const std::vector<float>& table = small_floats(element.name);
  Tensor out = empty(shape);
  float* to = out.data<float>();
  if (element.bytes == 2)
    for_each<uint16_t>(bytes, [&](uint16_t bits) { *to++ = table[bits]; });
  else
    for_each<uint8_t>(bytes, [&](uint8_t bits) { *to++ = table[bits]; });
  return out;
}

Shape with_pairs(const Shape& shape) {
  std::vector<int64_t> sizes(shape.begin(), shape.end());
  sizes.push_back(2);
  return Shape(sizes);
}

}  // namespace

std::span<const Element> elements() { return kElements; }

bool is_as_stored(const Element& element) { return &element < kElements + kWritten; }

Tensor decode(const Element& element, std::string_view bytes, const Shape& shape, bool big_endian) {
  std::string turned;
  if (big_endian && element.bytes > 1) {
    turned = bytes;
    auto unit = static_cast<std::ptrdiff_t>(element.bytes);
    for (auto at = turned.begin(); at != turned.end(); at += unit) std::reverse(at, at + unit);
    bytes = turned;
  }
  if (is_as_stored(element)) return copied(bytes, shape, element.dtype);
  if (element.name == "C64") return copied(bytes, with_pairs(shape), float32);
  return element.dtype == int64 ? whole_numbers(element, bytes, shape) : looked_up(element, bytes, shape);
}

std::string element_list(std::string_view Element::*field) {
  std::vector<std::string_view> names;
  for (const Element& element : kElements)
    if (!(element.*field).empty()) names.push_back(element.*field);
  std::string out;
  for (size_t i = 0; i < names.size(); ++i)
    out += text(i == 0 ? "" : i + 1 == names.size() ? " and " : ", ", names[i]);
  return out;
}

}  // namespace lexigrad::train
