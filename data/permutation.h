// An order of 0..size-1 that is computed place by place, so that a shuffled epoch takes no memory.
#pragma once
#include <cstdint>

namespace lexigrad::data {

/// A pseudorandom permutation, keyed by (seed, stream, epoch): a Feistel network over the bits of a place
/// whose round function is CounterRng, walked on while it leads beyond the end (Black and Rogaway 2002).
class Permutation {
 public:
  /// size >= 1.
  Permutation(int64_t size, uint64_t seed, uint64_t stream, uint64_t epoch);
  /// What stands at `place`, in 0..size-1.
  int64_t operator[](int64_t place) const;
  int64_t size() const { return size_; }

 private:
  uint64_t once(uint64_t place) const;

  int64_t size_;
  uint64_t seed_, stream_, epoch_;
  int half_bits_;
};

}  // namespace lexigrad::data
