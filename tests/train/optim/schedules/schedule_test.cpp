// Learning rates over a run, by hand.
#include "lexigrad/train/optim/schedules/schedule.h"

#include <cmath>

#include "catch.h"
#include "lexigrad/train/optim/schedules/schedules.h"
#include "support/throws.h"

using namespace lexigrad;
using optim::cosine, optim::linear, optim::Schedule, optim::warm_up;

namespace {

// By name, as a run makes it.
Schedule made(const std::string& name, int64_t warmup, int64_t total, double end) {
  OptionValues options;
  options.set("warmup", warmup);
  options.set("lr-end", end);
  return optim::make_schedule(name, total, options);
}

}  // namespace

TEST_CASE("a constant rate, with and without warm-up", "[schedule]") {
  REQUIRE_FALSE(made("constant", 0, 0, 0));
  Schedule plain = warm_up(0), warm = made("constant", 3, 0, 0);
  REQUIRE(warm);
  for (int64_t step : {0, 1, 1000}) REQUIRE(plain(step) == 1);
  REQUIRE(warm(0) == 0.25);
  REQUIRE(warm(2) == 0.75);
  REQUIRE(warm(3) == 1);
}

TEST_CASE("linear and cosine fall from the end of the warm-up to the end of the run", "[schedule]") {
  for (const Schedule& line : {made("linear", 2, 12, 0.1), warm_up(2, linear(10, 0.1))}) {
    REQUIRE(line(1) == Approx(2.0 / 3));
    REQUIRE(line(2) == 1);
    REQUIRE(line(7) == Approx(0.55));
    REQUIRE(line(12) == Approx(0.1));
    REQUIRE(line(1000) == Approx(0.1));
  }
  for (const Schedule& wave : {made("cosine", 2, 14, 0), warm_up(2, cosine(12))}) {
    REQUIRE(wave(2) == 1);
    REQUIRE(wave(5) == Approx(0.5 + std::sqrt(0.125)));  // cos 45 degrees
    REQUIRE(wave(6) == Approx(0.75));                    // cos 60 degrees
    REQUIRE(wave(8) == Approx(0.5));
    REQUIRE(wave(14) == Approx(0).margin(1e-15));
  }
}

TEST_CASE("a run shorter than its warm-up ends on the way up; values outside are refused", "[schedule]") {
  REQUIRE(made("cosine", 9, 5, 0)(4) == 0.5);
  REQUIRE(message_of([] { made("constant", -1, 0, 0); }).find("[schedule] warmup and total are -1 and 0") ==
          0);
  REQUIRE(message_of([] { linear(0, 2); }) == "[schedule] end is 2 (valid are 0..1)");
  REQUIRE(message_of([] { cosine(-1); }) == "[schedule] total is -1 (valid are 0 and more)");
  REQUIRE(message_of([] { warm_up(-1); }) == "[schedule] warmup is -1 (valid are 0 and more)");
}

TEST_CASE("schedules nest", "[schedule]") {
  Schedule twice = warm_up(1, warm_up(3, linear(4)));
  const double shares[] = {0.5, 0.25, 0.5, 0.75, 1, 0.75, 0.5, 0.25, 0, 0};
  for (int64_t step = 0; step < 10; ++step) REQUIRE(twice(step) == shares[step]);
}
