// A checksum of many ids, so that a fixture need not hold them.
#pragma once
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace lexigrad::test {

/// FNV-1a of 64 bits over whole numbers instead of bytes, as 16 digits: http://www.isthe.com/chongo/tech/comp/fnv/
inline std::string fnv1a(const std::vector<int64_t>& values) {
  uint64_t hash = 0xCBF29CE484222325;
  for (int64_t value : values) hash = (hash ^ static_cast<uint64_t>(value)) * 0x100000001B3;
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(hash));
  return digits;
}

}  // namespace lexigrad::test
