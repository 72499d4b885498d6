#include "lexigrad/autograd/base/mt19937.h"

#include <algorithm>

namespace lexigrad {

Mt19937::Mt19937(uint32_t seed) {
  words_[0] = seed;
  for (uint32_t i = 1; i < size; ++i) words_[i] = 1812433253 * (words_[i - 1] ^ words_[i - 1] >> 30) + i;
}

Mt19937::Mt19937(std::span<const uint32_t, size> words, int next, bool fresh) : next_(next), fresh_(fresh) {
  std::copy(words.begin(), words.end(), words_.begin());
}

void Mt19937::refill() {
  constexpr int middle = 397;
  uint32_t* w = words_.data();
  auto twist = [](uint32_t a, uint32_t b) {
    return ((a & 0x80000000) | (b & 0x7fffffff)) >> 1 ^ ((0 - (b & 1)) & 0x9908b0df);
  };
  // Two loops without a dependence between neighbours, so that the compiler makes vectors of them.
  for (int i = 0; i < size - middle; ++i) w[i] = w[i + middle] ^ twist(w[i], w[i + 1]);
  for (int i = size - middle; i < size - 1; ++i) w[i] = w[i + middle - size] ^ twist(w[i], w[i + 1]);
  w[size - 1] = w[middle - 1] ^ twist(w[size - 1], w[0]);
  next_ = 0;
  fresh_ = false;
}

void Mt19937::fill(uint32_t* out, int64_t count) {
  while (count > 0) {
    if (next_ == size || fresh_) refill();
    int now = static_cast<int>(std::min<int64_t>(count, size - next_));
    for (int i = 0; i < now; ++i) out[i] = temper(words_[static_cast<size_t>(next_ + i)]);
    next_ += now;
    out += now;
    count -= now;
  }
}

}  // namespace lexigrad
