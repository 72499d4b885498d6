// A shuffled order whose reads stay together: for samples that lie on a disk.
#pragma once
#include <cstdint>
#include <optional>

#include "lexigrad/data/permutation.h"

namespace lexigrad::data {

/// A pseudorandom permutation of 0..size-1 in two levels, computed place by place: blocks of `block` consecutive samples
/// come in a shuffled order, and the samples of each kGroup blocks that follow one another there are shuffled together.
/// The last block may be a short one, and comes anywhere. Block 0, and one that holds all, is Permutation.
class BlockPermutation {
 public:
  static constexpr int64_t kGroup = 8;

  /// size >= 1, block >= 0.
  BlockPermutation(int64_t size, int64_t block, uint64_t seed, uint64_t stream, uint64_t epoch);
  /// What stands at `place`, in 0..size-1.
  int64_t operator[](int64_t place) const;
  int64_t size() const { return size_; }

 private:
  int64_t in_group(int64_t place) const;

  int64_t size_, block_;
  uint64_t seed_, stream_, epoch_;
  std::optional<Permutation> blocks_;         // the whole ones; without blocks all samples
  int64_t short_size_ = 0, short_begin_ = 0;  // the last block and its place in the order
};

}  // namespace lexigrad::data
