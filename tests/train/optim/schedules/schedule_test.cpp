// Learning rates over a run, by hand.
#include "lexigrad/train/optim/schedules/schedule.h"

#include <cmath>
#include <functional>
#include <utility>
#include <vector>

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
  const std::pair<std::function<Schedule()>, const char*> refused[] = {
      {[] { return linear(0, 2); }, "end is 2 (valid are 0..1)"},
      {[] { return linear(1, 0, -0.5); }, "start is -0.5 (valid are 0..1)"},
      {[] { return linear(1, NAN); }, "end is nan (valid are 0..1)"},
      {[] { return cosine(-1); }, "total is -1 (valid are 0 and more)"},
      {[] { return optim::constant(1.5); }, "share is 1.5 (valid are 0..1)"},
      {[] { return optim::polynomial(1, -2); }, "power is -2 (valid are 0 and more)"},
      {[] { return optim::polynomial(1, INFINITY); }, "power is inf (valid are 0 and more)"},
      {[] { return optim::polynomial(-1, 2); }, "total is -1 (valid are 0 and more)"},
      {[] { return optim::trapezoid(9, 10); }, "fall is 10 of 9 steps (valid are 0..9)"},
      {[] { return optim::trapezoid(-1, 0); }, "total is -1 (valid are 0 and more)"},
      {[] { return optim::trapezoid(9, 1, -1); }, "end is -1 (valid are 0..1)"},
      {[] { return optim::one_cycle(-1); }, "total is -1 (valid are 0 and more)"},
      {[] { return optim::one_cycle(9, {.start = 2}); }, "start is 2 (valid are 0..1)"},
      {[] { return optim::one_cycle(9, {.end = 2}); }, "end is 2 (valid are 0..1)"},
      {[] { return optim::one_cycle(9, {.rise = 2}); }, "rise is 2 (valid are 0..1)"},
      {[] { return optim::one_cycle(9, {.rise = 0.6, .three_phases = true}); },
       "rise is 0.6 (valid are 0..0.5)"},
      {[] { return optim::step_decay(0); }, "every is 0 (valid are 1 and more)"},
      {[] { return optim::step_decay(1, 2); }, "factor is 2 (valid are 0..1)"},
      {[] { return optim::exponential(-0.5); }, "factor is -0.5 (valid are 0..1)"},
      {[] { return optim::exponential(0.5, 0); }, "every is 0 (valid are 1 and more)"},
      {[] { return optim::multi_step({0}); },
       "milestone 0 is 0 (valid are steps from 1 on, each above the one before)"},
      {[] {
         return optim::multi_step({5, 9, 9});
       },
       "milestone 2 is 9 (valid are steps from 1 on, each above the one before)"},
      {[] { return optim::multi_step({5}, 2); }, "factor is 2 (valid are 0..1)"},
      {[] { return optim::inverse_sqrt(0); }, "timescale is 0 (valid are 1 and more)"},
      {[] { return optim::warm_restarts(0); }, "period is 0 (valid are 1 and more)"},
      {[] { return optim::warm_restarts(1, 0); }, "factor is 0 (valid are 1 and more)"},
      {[] { return optim::warm_restarts(1, 1, 2); }, "end is 2 (valid are 0..1)"},
      {[] { return warm_up(-1); }, "warmup is -1 (valid are 0 and more)"},
      {[] { return optim::then({}, -1, {}); }, "steps is -1 (valid are 0 and more)"}};
  for (const auto& [make, message] : refused) CHECK(message_of(make) == std::string("[schedule] ") + message);
}

TEST_CASE("schedules nest, and an empty one is a share of 1", "[schedule]") {
  Schedule twice = warm_up(1, warm_up(3, linear(4)));
  const double shares[] = {0.5, 0.25, 0.5, 0.75, 1, 0.75, 0.5, 0.25, 0, 0};
  for (int64_t step = 0; step < 10; ++step) REQUIRE(twice(step) == shares[step]);
  Schedule three = optim::then({}, 2, optim::then(optim::constant(0.5), 1, linear(2)));
  const double stairs[] = {1, 1, 0.5, 1, 0.5, 0, 0};
  for (int64_t step = 0; step < 7; ++step) REQUIRE(three(step) == stairs[step]);
  Schedule product = optim::times(linear(4), optim::times({}, optim::constant(0.5)));
  for (int64_t step = 0; step < 6; ++step) REQUIRE(product(step) == linear(4)(step) / 2);
}

TEST_CASE("shares stay in 0..1 at the ends of their arguments", "[schedule]") {
  const int64_t far = INT64_MAX - 1;
  for (double end : {0.0, 1.0})
    for (double other : {0.0, 0.5, 1.0})
      for (int64_t total : {int64_t{0}, int64_t{1}, int64_t{2}, int64_t{1} << 62}) {
        std::vector<Schedule> all = {linear(total, end, other),
                                     cosine(total, end),
                                     optim::polynomial(total, 4 * other, end),
                                     optim::trapezoid(total, total / 2, end),
                                     optim::trapezoid(total, total, end),
                                     optim::one_cycle(total, {.start = other, .end = end, .rise = other}),
                                     optim::one_cycle(total, {.rise = other / 2, .three_phases = true}),
                                     optim::step_decay(total + 1, other),
                                     optim::exponential(other, total + 1),
                                     optim::multi_step({1, total + 2}, other),
                                     optim::inverse_sqrt(total + 1),
                                     optim::warm_restarts(total + 1, 1, end),
                                     optim::warm_restarts(total + 1, 7, end),
                                     warm_up(total, cosine(total, end))};
        for (size_t i = 0; i < all.size(); ++i)
          for (int64_t step : {int64_t{0}, int64_t{1}, int64_t{2}, int64_t{3}, int64_t{1} << 40, far}) {
            double share = all[i](step);
            INFO(i << " of total " << total << ", end " << end << ", other " << other << ", step " << step);
            CHECK((share >= 0 && share <= 1));
          }
      }
}

TEST_CASE("periods grow to the largest count of steps and no further", "[schedule]") {
  Schedule schedule = optim::warm_restarts(int64_t{1} << 62, 7);
  CHECK(schedule(int64_t{1} << 61) == Approx(0.5));
  CHECK(schedule(int64_t{1} << 62) == 1);
  CHECK(schedule(INT64_MAX) == Approx(0.5));
}

TEST_CASE("an inverse square root behind its warm-up is the transformer's schedule", "[schedule]") {
  for (int64_t timescale : {1, 2, 40}) {
    Schedule schedule = warm_up(timescale - 1, optim::inverse_sqrt(timescale));
    double w = static_cast<double>(timescale), top = 1 / std::sqrt(w);
    for (int64_t step = 0; step < 500; ++step) {
      double n = static_cast<double>(step + 1);
      CHECK(std::abs(schedule(step) * top / std::min(1 / std::sqrt(n), n * std::pow(w, -1.5)) - 1) < 1e-12);
    }
  }
}

TEST_CASE("a trapezoid rises, stays and falls", "[schedule]") {
  Schedule schedule = warm_up(3, optim::trapezoid(9, 4, 0.2));
  const double shares[] = {0.25, 0.5, 0.75, 1, 1, 1, 1, 1, 1, 0.8, 0.6, 0.4, 0.2, 0.2};
  for (int64_t step = 0; step < 14; ++step)
    CHECK(std::abs(schedule(step) - shares[step]) <= 1e-12 * shares[step]);
}
