// A fast hash of short byte strings for tables in memory. Its values are never stored.
#pragma once
#include <cstdint>
#include <cstring>
#include <string_view>

namespace lexigrad::data {

/// The first `size` (1..8) bytes at p as a number; reads nothing past them.
inline uint64_t load_bytes(const char* p, size_t size) {
  if (size == 8) {
    uint64_t value;
    std::memcpy(&value, p, 8);
    return value;
  }
  if (size >= 4) {
    uint32_t low, high;
    std::memcpy(&low, p, 4);
    std::memcpy(&high, p + size - 4, 4);
    return low | static_cast<uint64_t>(high) << (8 * size - 32);
  }
  auto byte = [&](size_t i) { return static_cast<uint64_t>(static_cast<unsigned char>(p[i])); };
  return byte(0) | byte(size / 2) << (8 * (size / 2)) | byte(size - 1) << (8 * (size - 1));
}

inline uint64_t mix_bits(uint64_t a, uint64_t b) {
  uint64_t x = (a ^ 0x9E3779B97F4A7C15) * 0xD6E8FEB86659FD93;
  x = (x ^ (x >> 32) ^ b) * 0xA0761D6478BD642F;
  return x ^ (x >> 29);
}

inline uint64_t hash_bytes(std::string_view text) {
  const char* p = text.data();
  size_t left = text.size();
  uint64_t hash = left;
  for (; left > 8; p += 8, left -= 8) hash = mix_bits(load_bytes(p, 8), hash);
  return left ? mix_bits(load_bytes(p, left), hash) : hash;
}

}  // namespace lexigrad::data
