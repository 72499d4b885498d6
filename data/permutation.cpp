#include "lexigrad/data/permutation.h"

#include <bit>
#include <utility>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/counter_rng.h"

namespace lexigrad::data {
namespace {
constexpr int kRounds = 6;
}  // namespace

Permutation::Permutation(int64_t size, uint64_t seed, uint64_t stream, uint64_t epoch)
    : size_(size), seed_(seed), stream_(stream), epoch_(epoch) {
  check(size >= 1, "permutation", "size is ", size, "; it must be >= 1");
  half_bits_ = (std::bit_width(static_cast<uint64_t>(size - 1)) + 1) / 2;
}

int64_t Permutation::operator[](int64_t place) const {
  check(place >= 0 && place < size_, "permutation", "Place ", place, " is outside 0..", size_ - 1);
  auto at = static_cast<uint64_t>(place);
  do at = once(at);
  while (at >= static_cast<uint64_t>(size_));
  return static_cast<int64_t>(at);
}

// Each round is undone by the same round, so no two places meet.
uint64_t Permutation::once(uint64_t place) const {
  CounterRng random(seed_, stream_);
  uint64_t mask = (uint64_t{1} << half_bits_) - 1, left = place >> half_bits_, right = place & mask;
  for (uint64_t round = 0; round < kRounds; ++round) {
    uint64_t mixed = random.block(epoch_, right << 3 | round)[0] & mask;
    left ^= mixed;
    std::swap(left, right);
  }
  return left << half_bits_ | right;
}

}  // namespace lexigrad::data
