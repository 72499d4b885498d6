// XXH64 (seed 0): a checksum that keeps up with any disk. Not for secrets: SHA-256 is in sha256.h.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace lexigrad {

/// A running XXH64: update() with the bytes in any pieces; digest() may be asked at any time.
/// https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
class Xxh64 {
 public:
  void update(const void* data, size_t size);
  void update(std::string_view bytes) { update(bytes.data(), bytes.size()); }
  uint64_t digest() const;
  /// digest() as 16 lower-case digits.
  std::string hex() const;

 private:
  const unsigned char* stripes(const unsigned char* bytes, size_t count);

  uint64_t lanes_[4] = {0x60EA27EEADC0B5D6, 0xC2B2AE3D27D4EB4F, 0, 0x61C8864E7A143579};  ///< seed 0
  unsigned char pending_[32];
  uint64_t size_ = 0;
};

}  // namespace lexigrad
