// bfloat16: the upper half of a float32, for storage.
#pragma once
#include <bit>
#include <cstdint>

namespace lexigrad {

/// Made from other numbers by way of float32, to the nearest, ties to even; NaN keeps its sign and the upper
/// bits of its payload. Reads as the float32 of the same value.
class BFloat16 {
 public:
  BFloat16() = default;
  template <class T>
  explicit BFloat16(T value) : bits_(rounded(std::bit_cast<uint32_t>(static_cast<float>(value)))) {}
  static BFloat16 from_bits(uint16_t bits) {
    BFloat16 out;
    out.bits_ = bits;
    return out;
  }
  /// Rounded up or down, by 16 random bits: up, in size, for so large a share of them that the mean over all is
  /// the value (up to 2^128 - 2^120, above which up is infinity). NaN as above.
  static BFloat16 rounded_at_random(float value, uint16_t random) {
    uint32_t f = std::bit_cast<uint32_t>(value);
    bool is_finite = (f & 0x7F800000) != 0x7F800000;
    return is_finite ? from_bits(static_cast<uint16_t>((f + random) >> 16)) : BFloat16(value);
  }
  uint16_t bits() const { return bits_; }
  operator float() const { return std::bit_cast<float>(static_cast<uint32_t>(bits_) << 16); }

 private:
  static uint16_t rounded(uint32_t f) {
    bool is_nan = (f & 0x7FFFFFFF) > 0x7F800000;
    uint32_t nearest = f + 0x7FFF + (f >> 16 & 1), quiet = f | 0x400000;
    return static_cast<uint16_t>((is_nan ? quiet : nearest) >> 16);
  }
  uint16_t bits_ = 0;
};

}  // namespace lexigrad
