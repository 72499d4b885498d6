#include "lexigrad/data/block_permutation.h"

#include <algorithm>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/counter_rng.h"

namespace lexigrad::data {
namespace {
// Above the bits of the streams that callers have.
constexpr uint64_t kBlocks = uint64_t{1} << 32, kGroups = uint64_t{2} << 32, kShort = uint64_t{3} << 32;
}  // namespace

BlockPermutation::BlockPermutation(int64_t size, int64_t block, uint64_t seed, uint64_t stream,
                                   uint64_t epoch)
    : size_(size), block_(block), seed_(seed), stream_(stream), epoch_(epoch) {
  check(block >= 0, "permutation", "block is ", block, "; it must be >= 0");
  if (block >= size) block_ = 0;
  if (block_ == 0) {
    blocks_.emplace(size, seed, stream, epoch);
    return;
  }
  const int64_t whole = size / block_;
  blocks_.emplace(whole, seed, stream + kBlocks, epoch);
  short_size_ = size % block_;
  const uint64_t before = CounterRng(seed, stream + kShort).below(static_cast<uint64_t>(whole) + 1, epoch, 0);
  short_begin_ = static_cast<int64_t>(before) * block_;
}

int64_t BlockPermutation::operator[](int64_t place) const {
  if (block_ == 0) return (*blocks_)[place];
  check(place >= 0 && place < size_, "permutation", "Place ", place, " is outside 0..", size_ - 1);
  int64_t at = in_group(place);
  if (at >= short_begin_) {
    if (at < short_begin_ + short_size_) return blocks_->size() * block_ + at - short_begin_;
    at -= short_size_;
  }
  return (*blocks_)[at / block_] * block_ + at % block_;
}

// A place among the blocks in their order, where `place` is among the samples in theirs.
int64_t BlockPermutation::in_group(int64_t place) const {
  const int64_t group = place / block_ / kGroup, begin = group * kGroup * block_,
                count = std::min(kGroup * block_, size_ - begin);
  const Permutation order(count, seed_, stream_ + kGroups, epoch_ + (static_cast<uint64_t>(group) << 32));
  return begin + order[place - begin];
}

}  // namespace lexigrad::data
