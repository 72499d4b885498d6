#include "support/sha256.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace lexigrad {
namespace {

// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
constexpr uint32_t kRoundConstants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

uint32_t load_big_endian(const unsigned char* p) {
  return uint32_t{p[0]} << 24 | uint32_t{p[1]} << 16 | uint32_t{p[2]} << 8 | uint32_t{p[3]};
}

uint32_t mix(uint32_t x, int a, int b, int c) { return std::rotr(x, a) ^ std::rotr(x, b) ^ std::rotr(x, c); }

uint32_t spread(uint32_t x, int a, int b, int shift) {
  return std::rotr(x, a) ^ std::rotr(x, b) ^ (x >> shift);
}

struct Block {
  uint32_t v[8];   // the working variables a..h; round i finds a at index -i mod 8
  uint32_t w[16];  // the last 16 words of the message schedule

  template <int i>
  void round(uint32_t constant) {
    uint32_t &d = v[(3 - i) & 7], &h = v[(7 - i) & 7];
    uint32_t a = v[-i & 7], b = v[(1 - i) & 7], c = v[(2 - i) & 7];
    uint32_t e = v[(4 - i) & 7], f = v[(5 - i) & 7], g = v[(6 - i) & 7];
    h += mix(e, 6, 11, 25) + (g ^ (e & (f ^ g))) + constant + w[i];
    d += h;
    h += mix(a, 2, 13, 22) + ((a & b) | (c & (a | b)));
  }
  template <int i>
  void extend() {
    w[i] += spread(w[(i + 14) & 15], 17, 19, 10) + w[(i + 9) & 15] + spread(w[(i + 1) & 15], 7, 18, 3);
  }
  template <int... i>
  void rounds(std::integer_sequence<int, i...>, const uint32_t* constants) {
    (round<i>(constants[i]), ...);
  }
  template <int... i>
  void extend_and_rounds(std::integer_sequence<int, i...>, const uint32_t* constants) {
    ((extend<i>(), round<i>(constants[i])), ...);
  }
};

}  // namespace

void Sha256::blocks(const unsigned char* bytes, size_t count) {
  constexpr auto sixteen = std::make_integer_sequence<int, 16>();
  for (; count > 0; --count, bytes += 64) {
    Block block;
    std::copy(state_.begin(), state_.end(), block.v);
    for (int i = 0; i < 16; ++i) block.w[i] = load_big_endian(bytes + 4 * i);
    block.rounds(sixteen, kRoundConstants);
    for (int from = 16; from < 64; from += 16) block.extend_and_rounds(sixteen, kRoundConstants + from);
    for (int i = 0; i < 8; ++i) state_[i] += block.v[i];
  }
}

void Sha256::update(const void* data, size_t size) {
  auto* bytes = static_cast<const unsigned char*>(data);
  size_t held = size_ % 64;
  size_ += size;
  if (held > 0) {
    size_t take = std::min(size, 64 - held);
    std::memcpy(pending_ + held, bytes, take);
    if (held + take < 64) return;
    blocks(pending_, 1);
    bytes += take;
    size -= take;
  }
  blocks(bytes, size / 64);
  if (size % 64) std::memcpy(pending_, bytes + size / 64 * 64, size % 64);
}

std::string Sha256::hex() {
  uint64_t bits = size_ * 8;
  unsigned char padding[72] = {0x80};
  size_t fill = (size_ % 64 < 56 ? 56 : 120) - size_ % 64;
  for (int i = 0; i < 8; ++i) padding[fill + i] = static_cast<unsigned char>(bits >> (56 - 8 * i));
  update(padding, fill + 8);
  std::string out;
  for (uint32_t word : state_)
    for (int shift = 28; shift >= 0; shift -= 4) out += "0123456789abcdef"[word >> shift & 15];
  return out;
}

std::string sha256(std::string_view bytes) {
  Sha256 sum;
  sum.update(bytes);
  return sum.hex();
}

}  // namespace lexigrad
