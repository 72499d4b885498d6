// Random numbers by position: value (step, index) of stream (seed, stream) is a pure function of the four
// numbers, so nothing has to be saved to resume and any thread may draw any value.
#pragma once
#include <array>
#include <cstdint>
#include <utility>

namespace lexigrad {

/// Philox4x64-10 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3",
/// SC 2011), with the key (seed, stream) and the counter (index / 4, step, 0, 0): the same
/// numbers as numpy.random.Philox.
class CounterRng {
 public:
  using Block = std::array<uint64_t, 4>;

  explicit CounterRng(uint64_t seed, uint64_t stream = 0) : seed_(seed), stream_(stream) {}

  /// 64 random bits.
  uint64_t operator()(uint64_t step, uint64_t index) const { return block(step, index / 4)[index % 4]; }
  /// The values (step, 4 number) .. (step, 4 number + 3) at the cost of one.
  Block block(uint64_t step, uint64_t number) const;
  /// Uniform in [0, 1), a multiple of 2^-53.
  double uniform(uint64_t step, uint64_t index) const {
    return static_cast<double>((*this)(step, index) >> 11) * 0x1p-53;
  }
  /// Uniform in 0..bound-1; bound >= 1. No value is preferred by more than bound / 2^64.
  uint64_t below(uint64_t bound, uint64_t step, uint64_t index) const {
    return multiply((*this)(step, index), bound).high;
  }
  /// Fisher-Yates over anything with size() and []; takes the values (step, 1) .. (step, size - 1).
  template <class Values>
  void shuffle(Values& values, uint64_t step) const {
    for (uint64_t i = values.size(); i-- > 1;) std::swap(values[i], values[below(i + 1, step, i)]);
  }

 private:
  __extension__ using Wide = unsigned __int128;
  struct Product {
    uint64_t high, low;
  };
  static Product multiply(uint64_t a, uint64_t b) {
    Wide product = static_cast<Wide>(a) * b;
    return {static_cast<uint64_t>(product >> 64), static_cast<uint64_t>(product)};
  }

  uint64_t seed_, stream_;
};

inline CounterRng::Block CounterRng::block(uint64_t step, uint64_t number) const {
  Block c{number, step, 0, 0};
  uint64_t key0 = seed_, key1 = stream_;
  for (int round = 0; round < 10; ++round) {
    Product p = multiply(c[0], 0xD2E7470EE14C6C93), q = multiply(c[2], 0xCA5A826395121157);
    c = {q.high ^ c[1] ^ key0, q.low, p.high ^ c[3] ^ key1, p.low};
    key0 += 0x9E3779B97F4A7C15;
    key1 += 0xBB67AE8584CAA73B;
  }
  return c;
}

}  // namespace lexigrad
