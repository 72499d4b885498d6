#include "lexigrad/autograd/base/xxh64.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace lexigrad {
namespace {

static_assert(std::endian::native == std::endian::little, "files are read and written little-endian");
constexpr uint64_t kPrime1 = 0x9E3779B185EBCA87, kPrime2 = 0xC2B2AE3D27D4EB4F, kPrime3 = 0x165667B19E3779F9,
                   kPrime4 = 0x85EBCA77C2B2AE63, kPrime5 = 0x27D4EB2F165667C5;

template <class T>
T load(const unsigned char* p) {
  T value;
  std::memcpy(&value, p, sizeof value);
  return value;
}

uint64_t round(uint64_t lane, uint64_t input) { return std::rotl(lane + input * kPrime2, 31) * kPrime1; }

uint64_t merge(uint64_t sum, uint64_t lane) { return (sum ^ round(0, lane)) * kPrime1 + kPrime4; }

uint64_t add_tail(uint64_t sum, const unsigned char* p, size_t size) {
  for (; size >= 8; p += 8, size -= 8)
    sum = std::rotl(sum ^ round(0, load<uint64_t>(p)), 27) * kPrime1 + kPrime4;
  if (size >= 4) {
    sum = std::rotl(sum ^ load<uint32_t>(p) * kPrime1, 23) * kPrime2 + kPrime3;
    p += 4, size -= 4;
  }
  for (; size > 0; ++p, --size) sum = std::rotl(sum ^ *p * kPrime5, 11) * kPrime1;
  return sum;
}

}  // namespace

const unsigned char* Xxh64::stripes(const unsigned char* bytes, size_t count) {
  uint64_t a = lanes_[0], b = lanes_[1], c = lanes_[2], d = lanes_[3];
  for (; count > 0; --count, bytes += 32) {
    a = round(a, load<uint64_t>(bytes));
    b = round(b, load<uint64_t>(bytes + 8));
    c = round(c, load<uint64_t>(bytes + 16));
    d = round(d, load<uint64_t>(bytes + 24));
  }
  lanes_[0] = a, lanes_[1] = b, lanes_[2] = c, lanes_[3] = d;
  return bytes;
}

void Xxh64::update(const void* data, size_t size) {
  auto* bytes = static_cast<const unsigned char*>(data);
  size_t held = size_ % 32;
  size_ += size;
  if (held > 0) {
    size_t take = std::min(size, 32 - held);
    std::memcpy(pending_ + held, bytes, take);
    if (held + take < 32) return;
    stripes(pending_, 1);
    bytes += take;
    size -= take;
  }
  bytes = stripes(bytes, size / 32);
  if (size % 32) std::memcpy(pending_, bytes, size % 32);
}

uint64_t Xxh64::digest() const {
  uint64_t sum = kPrime5;
  if (size_ >= 32) {
    sum = std::rotl(lanes_[0], 1) + std::rotl(lanes_[1], 7) + std::rotl(lanes_[2], 12) +
          std::rotl(lanes_[3], 18);
    for (uint64_t lane : lanes_) sum = merge(sum, lane);
  }
  sum = add_tail(sum + size_, pending_, size_ % 32);
  sum = (sum ^ sum >> 33) * kPrime2;
  sum = (sum ^ sum >> 29) * kPrime3;
  return sum ^ sum >> 32;
}

std::string Xxh64::hex() const {
  uint64_t value = digest();
  std::string out;
  for (int shift = 60; shift >= 0; shift -= 4) out += "0123456789abcdef"[value >> shift & 15];
  return out;
}

}  // namespace lexigrad
