#include "lexigrad/data/block_permutation.h"

#include <algorithm>
#include <cmath>
#include <list>
#include <set>
#include <stdexcept>
#include <vector>

#include "catch.h"
#include "lexigrad/data/sampler.h"

using namespace lexigrad::data;

namespace {

template <class Order>
std::vector<int64_t> all_of(const Order& order) {
  std::vector<int64_t> out;
  for (int64_t place = 0; place < order.size(); ++place) out.push_back(order[place]);
  return out;
}

// Reads from a disk in this order, where the last `kept` blocks that were read need no reading again.
int64_t blocks_read(const std::vector<int64_t>& order, int64_t block, size_t kept) {
  std::list<int64_t> memory;
  int64_t reads = 0;
  for (int64_t sample : order) {
    const auto found = std::find(memory.begin(), memory.end(), sample / block);
    reads += found == memory.end();
    if (found != memory.end()) memory.erase(found);
    memory.push_front(sample / block);
    if (memory.size() > kept) memory.pop_back();
  }
  return reads;
}

}  // namespace

TEST_CASE("blocks hold every sample once, whatever the sizes and the last block", "[block_permutation]") {
  for (int64_t size : {1, 2, 7, 8, 9, 63, 64, 65, 100, 1000, 4097})
    for (int64_t block : {0, 1, 2, 3, 7, 8, 64, 999, 1000, 5000})
      for (uint64_t epoch : {0, 1, 2}) {
        INFO(size << " in blocks of " << block << ", epoch " << epoch);
        std::vector<int64_t> order = all_of(BlockPermutation(size, block, 7, 3, epoch));
        std::sort(order.begin(), order.end());
        bool each_once = static_cast<int64_t>(order.size()) == size;
        for (int64_t i = 0; i < size; ++i) each_once = each_once && order[static_cast<size_t>(i)] == i;
        CHECK(each_once);
      }
  CHECK_THROWS_AS(BlockPermutation(0, 2, 1, 1, 1), std::invalid_argument);
  CHECK_THROWS_AS(BlockPermutation(3, -1, 1, 1, 1), std::invalid_argument);
  CHECK_THROWS_AS(BlockPermutation(30, 4, 1, 1, 1)[30], std::invalid_argument);
  CHECK_THROWS_AS(BlockPermutation(30, 4, 1, 1, 1)[-1], std::invalid_argument);
}

// The numbers are those of a Feistel network over Philox4x64 in Python.
TEST_CASE("without blocks the order is the one that runs have had", "[block_permutation]") {
  const std::vector<int64_t> of_10 = {6, 5, 2, 0, 7, 8, 3, 1, 4, 9},
                             of_25 = {7, 8, 17, 11, 18, 16, 10, 22, 1, 24, 20, 14, 6,
                                      2, 0, 4,  19, 12, 21, 13, 3,  9, 23, 15, 5};
  CHECK(all_of(Permutation(10, 7, 3, 2)) == of_10);
  CHECK(all_of(BlockPermutation(10, 0, 7, 3, 2)) == of_10);
  CHECK(all_of(BlockPermutation(10, 10, 7, 3, 2)) == of_10);
  const BatchSampler sampler(25, {.batch_size = 25, .shuffle = true, .seed = 5});
  CHECK(sampler.epoch(1)[0] == of_25);
}

TEST_CASE("an epoch reads each block from the disk once; a plain shuffle reads one for most samples",
          "[block_permutation]") {
  constexpr size_t kept = 2 * BlockPermutation::kGroup + 2;  // a block may lie in two groups
  for (int64_t size : {64 * 200, 64 * 200 + 17}) {
    const int64_t blocks = (size + 63) / 64;
    for (uint64_t epoch : {0, 1, 2}) {
      CHECK(blocks_read(all_of(BlockPermutation(size, 64, 1, 3, epoch)), 64, kept) == blocks);
      CHECK(blocks_read(all_of(Permutation(size, 1, 3, epoch)), 64, kept) > size * 3 / 4);
    }
  }
}

TEST_CASE("blocks and the samples in them are shuffled, anew in each epoch", "[block_permutation]") {
  constexpr int64_t size = 3000, block = 50, group = BlockPermutation::kGroup * block;
  const std::vector<int64_t> first = all_of(BlockPermutation(size, block, 1, 3, 0));
  int64_t neighbours = 0;
  std::set<std::vector<int64_t>> groups;
  for (size_t i = 1; i < first.size(); ++i) neighbours += first[i] == first[i - 1] + 1;
  CHECK(neighbours < 30);  // of a plain shuffle 1
  for (int64_t begin = 0; begin + group <= size; begin += group) {
    std::vector<int64_t> offsets;
    std::set<int64_t> blocks;
    for (int64_t i = begin; i < begin + group; ++i) {
      blocks.insert(first[static_cast<size_t>(i)] / block);
      offsets.push_back(first[static_cast<size_t>(i)] % block);
    }
    CHECK(blocks.size() == BlockPermutation::kGroup);
    CHECK(*blocks.rbegin() - *blocks.begin() >= BlockPermutation::kGroup);  // not neighbours
    CHECK(groups.insert(offsets).second);                                   // each in an order of its own
  }
  CHECK(first != all_of(BlockPermutation(size, block, 1, 3, 1)));
  CHECK(first != all_of(BlockPermutation(size, block, 2, 3, 0)));
  CHECK(first != all_of(BlockPermutation(size, block, 1, 4, 0)));
}

// Chi-square as in permutation_test.cpp; samples of a block move together, which widens it by up to their number.
TEST_CASE("every sample comes to every place equally often", "[block_permutation]") {
  constexpr int64_t epochs = 3000, size = 54, block = 3;
  std::vector<double> count(size * size, 0);
  for (int64_t epoch = 0; epoch < epochs; ++epoch) {
    const BlockPermutation order(size, block, 11, 3, static_cast<uint64_t>(epoch));
    for (int64_t place = 0; place < size; ++place) ++count[static_cast<size_t>(place * size + order[place])];
  }
  double expected = epochs / static_cast<double>(size), chi = 0, freedom = std::pow(size - 1.0, 2);
  for (double c : count) chi += (c - expected) * (c - expected) / expected;
  CHECK(std::abs(chi - freedom) < 6 * std::sqrt(2 * freedom * block));
}

TEST_CASE("a place among 2^40 samples in blocks is found at once", "[block_permutation]") {
  const int64_t size = (int64_t{1} << 40) + 3;
  const BlockPermutation order(size, 4096, 1, 3, 0);
  std::set<int64_t> seen;
  for (int64_t place : {int64_t{0}, int64_t{1}, size / 2, size - 1}) seen.insert(order[place]);
  CHECK(seen.size() == 4);
  CHECK((*seen.begin() >= 0 && *seen.rbegin() < size));
}
