#include "lexigrad/data/mix.h"

#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "catch.h"

using Catch::Matchers::Contains;
using lexigrad::data::Mix;

namespace {

// How far the first n draws are from n times the weights at most, n up to `count`; every draw is counted here.
double farthest(const std::vector<double>& weights, int64_t count) {
  const Mix mix(weights);
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  std::vector<int64_t> drawn(weights.size(), 0);
  double out = 0;
  for (int64_t n = 0; n < count; ++n) {
    const auto [part, before] = mix[n];
    REQUIRE((part >= 0 && part < static_cast<int64_t>(weights.size())));
    int64_t& own = drawn[static_cast<size_t>(part)];
    if (own++ != before) FAIL("draw " << n << " is the " << own << ". of its part, not after " << before);
    for (size_t k = 0; k < weights.size(); ++k)
      out = std::max(out,
                     std::abs(static_cast<double>(drawn[k]) - static_cast<double>(n + 1) * weights[k] / sum));
    if (n % 97 == 0) CHECK(mix.counts(n + 1) == drawn);
  }
  return out;
}

}  // namespace

TEST_CASE("after any number of draws each part is within one of its share", "[mix]") {
  CHECK(farthest({1}, 10) == 0);
  CHECK(farthest({1, 1}, 1000) <= 0.5);
  const std::vector<std::vector<double>> cases = {{0.7, 0.3},
                                                  {7, 3},
                                                  {1, 1, 1},
                                                  {0.9, 0.05, 0.03, 0.02},
                                                  {0.5, 0.25, 0.125, 0.125},
                                                  {1000, 1},
                                                  {0.333333, 0.333333, 0.333334},
                                                  {12, 9, 9, 7, 5, 5, 5, 3, 2, 1, 1, 1}};
  for (const auto& weights : cases) {
    INFO(Catch::StringMaker<std::vector<double>>::convert(weights));
    CHECK(farthest(weights, 20000) < 1);
  }
}

TEST_CASE("after whole periods shares are exact, far out too", "[mix]") {
  const Mix mix({0.7, 0.2, 0.1});
  CHECK(mix.ratio() == std::vector<int64_t>{7, 2, 1});
  CHECK(mix.share(1) == 0.2);
  const int64_t far = int64_t{1000000000000000} * 10;
  CHECK(mix.counts(far) == std::vector<int64_t>{far / 10 * 7, far / 10 * 2, far / 10});
  std::vector<int64_t> drawn = mix.counts(far);
  for (int64_t n = far; n < far + 10; ++n) {
    const auto [part, before] = mix[n];
    CHECK(drawn[static_cast<size_t>(part)]++ == before);
  }
  CHECK(drawn == mix.counts(far + 10));
}

TEST_CASE("weights that cannot be held exactly are refused in words", "[mix]") {
  CHECK_THROWS_WITH(Mix({}), Contains("there are no weights"));
  for (double bad : {0.0, -1.0, std::numeric_limits<double>::infinity(), std::nan("")})
    CHECK_THROWS_WITH(Mix({1, bad}), Contains("a weight is") && Contains("finite and > 0"));
  for (const auto& odd : {std::vector<double>{1.0 / 3, 2.0 / 3}, {1e-7, 1}, {1e9, 1}, {std::sqrt(2), 1}})
    CHECK_THROWS_WITH(Mix(odd), Contains("no whole numbers that are at most 1048576 together"));
  CHECK_THROWS_AS(Mix({1, 2})[-1], std::invalid_argument);
  CHECK(Mix({1e9, 2e9}).ratio() == std::vector<int64_t>{1, 2});
}
