// Learning rates over a run, by hand.
#include "lexigrad/train/optim/schedules/schedule.h"

#include <cmath>

#include "catch.h"
#include "support/throws.h"

using namespace lexigrad;
using train::Schedule;

TEST_CASE("a constant rate, with and without warm-up", "[schedule]") {
  Schedule plain, warm{.warmup = 3};
  REQUIRE_FALSE(plain.changes());
  REQUIRE(warm.changes());
  for (int64_t step : {0, 1, 1000}) REQUIRE(plain(step) == 1);
  REQUIRE(warm(0) == 0.25);
  REQUIRE(warm(2) == 0.75);
  REQUIRE(warm(3) == 1);
}

TEST_CASE("linear and cosine fall from the end of the warm-up to the end of the run", "[schedule]") {
  Schedule linear{.kind = Schedule::Kind::linear, .warmup = 2, .total = 12, .end = 0.1};
  REQUIRE(linear(1) == Approx(2.0 / 3));
  REQUIRE(linear(2) == 1);
  REQUIRE(linear(7) == Approx(0.55));
  REQUIRE(linear(12) == Approx(0.1));
  REQUIRE(linear(1000) == Approx(0.1));
  Schedule cosine{.kind = Schedule::Kind::cosine, .warmup = 2, .total = 14, .end = 0};
  REQUIRE(cosine(2) == 1);
  REQUIRE(cosine(5) == Approx(0.5 + std::sqrt(0.125)));  // cos 45 degrees
  REQUIRE(cosine(6) == Approx(0.75));                    // cos 60 degrees
  REQUIRE(cosine(8) == Approx(0.5));
  REQUIRE(cosine(14) == Approx(0).margin(1e-15));
}

TEST_CASE("a run shorter than its warm-up ends on the way up; values outside are refused", "[schedule]") {
  Schedule brief{.kind = Schedule::Kind::cosine, .warmup = 9, .total = 5};
  REQUIRE(brief(4) == 0.5);
  REQUIRE(message_of([] { Schedule{.warmup = -1}(0); }).find("[schedule] warmup and total are -1 and 0") ==
          0);
  REQUIRE(message_of([] { Schedule{.end = 2}(0); }) == "[schedule] end is 2 (valid are 0..1)");
}
