#include "lexigrad/train/tables/row_index.h"

#include <map>

#include "catch.h"
#include "lexigrad/autograd/base/counter_rng.h"

using namespace lexigrad;

TEST_CASE("an index of rows is a map, however rows come and go") {
  constexpr int64_t slots = 64, rows = 300;
  train::RowIndex index(slots);
  std::vector<int64_t> row_of(slots, -1);
  auto key = [&](int32_t slot) { return row_of[static_cast<size_t>(slot)]; };
  std::map<int64_t, int32_t> there;
  CounterRng random(3);
  for (uint64_t i = 0; i < 20000; ++i) {
    auto slot = static_cast<int32_t>(random.below(slots, i, 0));
    auto row = static_cast<int64_t>(random.below(rows, i, 1));
    if (int64_t& old = row_of[static_cast<size_t>(slot)]; old >= 0) {
      index.remove(old, key);
      there.erase(old);
      old = -1;
    } else if (!there.contains(row)) {
      old = row;
      index.add(row, slot);
      there[row] = slot;
    }
    auto asked = static_cast<int64_t>(random.below(rows, i, 2));
    REQUIRE(index.find(asked, key) == (there.contains(asked) ? there[asked] : -1));
  }
  CHECK(there.size() > 20);
}
