#include "lexigrad/train/vectors/correlation.h"

#include <cmath>

#include "catch.h"
#include "lexigrad/autograd/base/parallel.h"
#include "support/throws.h"

using namespace lexigrad;
using namespace lexigrad::train;

using List = std::vector<double>;

TEST_CASE("ranks count from 1, equals share their mean rank", "[eval]") {
  CHECK(mean_ranks({10, -1, 5}) == List{3, 1, 2});
  CHECK(mean_ranks({2, 1, 2, 2, 0, 1}) == List{5, 2.5, 5, 5, 1, 2.5});
  CHECK(mean_ranks({}).empty());
}

TEST_CASE("correlations have their formulas' values, and none where a list is constant", "[eval]") {
  CHECK(pearson({1, 2, 3}, {2, 4, 6}) == Approx(1));
  CHECK(pearson({1, 2, 3}, {1, 3, 2}) == Approx(0.5));
  CHECK(spearman({1, 2, 3, 4}, {1, 10, 100, 1000}) == Approx(1));
  CHECK(spearman({1, 2, 3, 4}, {9, 3, 2, -100}) == Approx(-1));
  CHECK(spearman({1, 2, 3, 4, 5}, {5, 6, 7, 8, 7}) == Approx(0.8207826816681233));  // scipy's documentation
  for (const List& constant : {List{2, 2, 2}, List{}, List{1}}) {
    CHECK(std::isnan(spearman(constant, constant)));
    CHECK(std::isnan(spearman_interval(constant, constant).low));
  }
  CHECK(message_of([] { pearson({1}, {}); }) ==
        "[correlation] The lists have 1 and 0 values (valid: as many)");
  CHECK(message_of([] { spearman_interval({1}, {1}, 0, 0); }) ==
        "[correlation] There are 0 resamples of 1 and 1 values (valid: 1 or more of as many)");
}

TEST_CASE("the bootstrap has an interval around rho of the same bits for any threads", "[eval]") {
  List a, b;
  for (int i = 0; i < 60; ++i) a.push_back(i * 37 % 61), b.push_back(i * 37 % 61 + i * 11 % 23);
  const int before = num_threads();
  set_num_threads(1);
  const Interval one = spearman_interval(a, b, 3);
  set_num_threads(4);
  const Interval four = spearman_interval(a, b, 3), other = spearman_interval(a, b, 4);
  set_num_threads(before);
  CHECK((one.low == four.low && one.high == four.high));
  CHECK(one.low != other.low);
  CHECK(one.low < spearman(a, b));
  CHECK(spearman(a, b) < one.high);
}
