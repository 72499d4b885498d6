// SHA-256 (FIPS 180-4): the fingerprint of weights and files that people compare.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace lexigrad {

/// A running SHA-256: update() with the bytes in any pieces, then hex() once.
class Sha256 {
 public:
  void update(const void* data, size_t size);
  void update(std::string_view bytes) { update(bytes.data(), bytes.size()); }
  /// The 64 lower-case digits; ends the run.
  std::string hex();

 private:
  void blocks(const unsigned char* bytes, size_t count);

  std::array<uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  unsigned char pending_[64];
  uint64_t size_ = 0;
};

/// The SHA-256 of `bytes` as 64 lower-case digits.
std::string sha256(std::string_view bytes);

}  // namespace lexigrad
