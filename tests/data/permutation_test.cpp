#include "lexigrad/data/permutation.h"

#include <cmath>
#include <set>
#include <stdexcept>
#include <vector>

#include "catch.h"

using lexigrad::data::Permutation;

TEST_CASE("a permutation holds every number once, whatever its size", "[permutation]") {
  for (int64_t size : {1, 2, 3, 4, 5, 15, 16, 17, 64, 65, 1000, 4097}) {
    Permutation order(size, 7, 3, 2);
    std::set<int64_t> seen;
    for (int64_t place = 0; place < size; ++place) seen.insert(order[place]);
    CHECK(static_cast<int64_t>(seen.size()) == size);
    CHECK(*seen.begin() == 0);
    CHECK(*seen.rbegin() == size - 1);
  }
  CHECK_THROWS_AS(Permutation(0, 1, 1, 1), std::invalid_argument);
  CHECK_THROWS_AS(Permutation(3, 1, 1, 1)[3], std::invalid_argument);
}

TEST_CASE("a place of a permutation of 2^40 is found at once, and is in range", "[permutation]") {
  int64_t size = (int64_t{1} << 40) + 3;
  Permutation order(size, 1, 3, 0);
  std::set<int64_t> seen;
  for (int64_t place : {int64_t{0}, int64_t{1}, size / 2, size - 1}) seen.insert(order[place]);
  CHECK(seen.size() == 4);
  CHECK((*seen.begin() >= 0 && *seen.rbegin() < size));
}

// Chi-square over (place, number) of many epochs; with (n - 1)^2 degrees of freedom six deviations are far.
TEST_CASE("every number comes to every place equally often, and neighbours part", "[permutation]") {
  for (int64_t size : {3, 5, 12, 33}) {
    constexpr int64_t epochs = 4000;
    auto n = static_cast<size_t>(size);
    std::vector<double> count(n * n, 0);
    double together = 0;
    for (int64_t epoch = 0; epoch < epochs; ++epoch) {
      Permutation order(size, 11, 3, static_cast<uint64_t>(epoch));
      for (int64_t place = 0; place < size; ++place) {
        ++count[static_cast<size_t>(place * size + order[place])];
        together += place > 0 && order[place] == order[place - 1] + 1;
      }
    }
    double expected = epochs / static_cast<double>(size), chi = 0, freedom = std::pow(size - 1.0, 2);
    for (double c : count) chi += (c - expected) * (c - expected) / expected;
    CHECK(std::abs(chi - freedom) < 6 * std::sqrt(2 * freedom));
    // A pair (i, i + 1) stays together with chance (n - 1) / (n (n - 1)) at each of n - 1 places.
    double pairs = epochs * (size - 1) / static_cast<double>(size);
    CHECK(std::abs(together - pairs) < 6 * std::sqrt(pairs));
  }
}
