// The Mersenne Twister MT19937 (Matsumoto and Nishimura 1998, initialised as in 2002),
// one 32-bit word a draw.
#pragma once
#include <array>
#include <cstdint>
#include <span>

namespace lexigrad {

class Mt19937 {
 public:
  static constexpr int size = 624;

  /// The stream of the seed's low 32 bits.
  explicit Mt19937(uint32_t seed);
  /// Goes on from saved words; 0 <= next <= size, `fresh` where no draw has followed the seeding.
  Mt19937(std::span<const uint32_t, size> words, int next, bool fresh);

  uint32_t operator()() {
    if (next_ == size || fresh_) refill();
    return temper(words_[static_cast<size_t>(next_++)]);
  }
  /// The next `count` words, as so many calls would give.
  void fill(uint32_t* out, int64_t count);

  // What a checkpoint keeps.
  const std::array<uint32_t, size>& words() const { return words_; }
  int next() const { return next_; }
  bool fresh() const { return fresh_; }

 private:
  static uint32_t temper(uint32_t y) {
    y ^= y >> 11;
    y ^= y << 7 & 0x9d2c5680;
    y ^= y << 15 & 0xefc60000;
    return y ^ y >> 18;
  }
  void refill();

  std::array<uint32_t, size> words_;
  int next_ = 0;       ///< index of the next word
  bool fresh_ = true;  ///< seeded only: the words must be renewed before the first draw
};

}  // namespace lexigrad
