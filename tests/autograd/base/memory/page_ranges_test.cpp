#include "lexigrad/autograd/base/memory/page_ranges.h"

#include <cstdint>
#include <random>
#include <vector>

#include "catch.h"

using lexigrad::detail::PageRanges;
using lexigrad::detail::Pages;

TEST_CASE("a range is cut from its beginning, the smallest that fits first") {
  std::vector<char> memory(100);
  char* m = memory.data();
  PageRanges ranges;
  CHECK(ranges.take(1) == nullptr);
  ranges.give(m, 40);
  ranges.give(m + 50, 20);
  ranges.give(m + 80, 15);
  CHECK(ranges.take(41) == nullptr);
  CHECK(ranges.take(16) == m + 50);
  CHECK(ranges.take(4) == m + 66);
  CHECK(ranges.take(20) == m);
  CHECK(ranges.clear() == std::map<char*, size_t>{{m + 20, 20}, {m + 80, 15}});
  CHECK(ranges.take(1) == nullptr);
}

TEST_CASE("a range is taken where it begins, or the first that fits, and found by its end") {
  std::vector<char> memory(100);
  char* m = memory.data();
  PageRanges ranges;
  CHECK(ranges.ending_at(m + 40) == 0);
  CHECK(ranges.take_lowest(1) == nullptr);
  ranges.give(m, 40);
  ranges.give(m + 50, 20);
  CHECK(ranges.ending_at(m) == 0);
  CHECK(ranges.ending_at(m + 40) == 40);
  CHECK(ranges.ending_at(m + 50) == 0);
  CHECK(ranges.ending_at(m + 70) == 20);
  CHECK(ranges.take_lowest(41) == nullptr);
  CHECK(ranges.take_lowest(16) == m);
  ranges.take_at(m + 50, 5);
  ranges.take_at(m + 55, 5);
  CHECK(ranges.ranges() == std::map<char*, size_t>{{m + 16, 24}, {m + 60, 10}});
  CHECK(ranges.take_lowest(10) == m + 16);
  ranges.take_at(m + 60, 10);
  CHECK(ranges.clear() == std::map<char*, size_t>{{m + 26, 14}});
}

TEST_CASE("used pages are taken first, then fresh ones behind the most used ones") {
  std::vector<char> memory(300);
  char* m = memory.data();
  Pages pages;
  CHECK(pages.take(1, false).at == nullptr);
  pages.used.give(m, 40);
  pages.used.give(m + 60, 20);
  pages.fresh.give(m + 80, 50);
  pages.used.give(m + 170, 30);
  pages.fresh.give(m + 200, 50);
  pages.fresh.give(m + 260, 40);
  auto takes = [&](size_t size, bool lowest, char* at, size_t used) {
    Pages::Taken taken = pages.take(size, lowest);
    CHECK(taken.at == at);
    CHECK(taken.used == used);
  };
  takes(10, true, m, 10);
  takes(10, false, m + 60, 10);
  takes(40, false, m + 170, 30);
  takes(55, true, m + 70, 10);
  takes(81, false, nullptr, 0);
  takes(40, false, m + 210, 0);
  takes(30, false, m + 10, 30);
  CHECK(pages.used.clear().empty());
  CHECK(pages.fresh.clear() == std::map<char*, size_t>{{m + 125, 5}, {m + 260, 40}});
}

TEST_CASE("neighbours join, whatever the order they come back in") {
  std::vector<char> memory(1000), taken(1000);
  std::mt19937 random(3);
  PageRanges ranges;
  ranges.give(memory.data(), memory.size());
  std::vector<std::pair<char*, size_t>> blocks;
  for (int round = 0; round < 2000; ++round) {
    size_t size = 1 + random() % 60;
    char* block = nullptr;
    if (random() % 3 != 0) block = random() % 2 != 0 ? ranges.take(size) : ranges.take_lowest(size);
    if (block != nullptr) {
      for (size_t i = 0; i < size; ++i) REQUIRE(taken.at(block - memory.data() + i)++ == 0);
      blocks.emplace_back(block, size);
    } else if (!blocks.empty()) {
      std::swap(blocks[random() % blocks.size()], blocks.back());
      for (size_t i = 0; i < blocks.back().second; ++i) taken[blocks.back().first - memory.data() + i] = 0;
      ranges.give(blocks.back().first, blocks.back().second);
      blocks.pop_back();
    }
  }
  for (auto [block, size] : blocks) ranges.give(block, size);
  CHECK(ranges.clear() == std::map<char*, size_t>{{memory.data(), memory.size()}});
}
