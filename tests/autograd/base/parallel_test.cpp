#include "lexigrad/autograd/base/parallel.h"

#include <stdexcept>
#include <vector>

#include "catch.h"

using namespace lexigrad;

TEST_CASE("parallel_ranges covers every index once, for any number of threads") {
  int before = num_threads();
  for (int threads : {1, 2, 3, 8}) {
    set_num_threads(threads);
    for (int64_t size : {0, 1, 7, 8, 9, 1000}) {
      std::vector<int> seen(size, 0);
      parallel_ranges(size, 8, [&](int64_t begin, int64_t end) {
        REQUIRE(begin % 8 == 0);
        for (int64_t i = begin; i < end; ++i) ++seen[i];
      });
      REQUIRE(seen == std::vector<int>(size, 1));
    }
  }
  set_num_threads(before);
}

TEST_CASE("the exception of the lowest failing block leaves the loop") {
  int before = num_threads();
  for (int threads : {1, 4}) {
    set_num_threads(threads);
    try {
      parallel_blocks(100, [](int64_t block) {
        if (block % 10 == 7) throw std::runtime_error(std::to_string(block));
      });
      FAIL("nothing was thrown");
    } catch (const std::runtime_error& e) { REQUIRE(std::string(e.what()) == "7"); }
  }
  set_num_threads(before);
}

TEST_CASE("a number of threads below 1 is refused") {
  REQUIRE_THROWS_AS(set_num_threads(0), std::invalid_argument);
}
