// What holds for every row of schedules(), a row of the tests' own among them.
#include "lexigrad/train/optim/schedules/schedules.h"

#include <cmath>
#include <map>

#include "catch.h"
#include "support/throws.h"

using namespace lexigrad;

namespace {

const optim::ScheduleEntry kHalves({.name = "halves",
                                    .help = "half the rate every so many steps",
                                    .options = {{"halve-after", int64_t{10}, Whole{1, 1000}, "steps"}},
                                    .uses_total = false,
                                    .make = [](int64_t, const OptionValues& options) -> optim::Schedule {
                                      int64_t after = options.get<int64_t>("halve-after");
                                      return [after](int64_t step) { return std::exp2(-(step / after)); };
                                    }});

struct Case {
  int64_t total;
  double end;
};
// Shares behind the warm-up, as formulas of x = step / total.
const std::map<std::string, double (*)(int64_t step, const Case&)> kFormulas = {
    {"constant", [](int64_t, const Case&) { return 1.0; }},
    {"linear",
     [](int64_t step, const Case& c) {
       double x = static_cast<double>(step) / static_cast<double>(c.total);
       return (1 - x) + x * c.end;
     }},
    {"cosine",
     [](int64_t step, const Case& c) {
       double half = std::cos(M_PI / 2 * static_cast<double>(step) / static_cast<double>(c.total));
       return c.end + (1 - c.end) * half * half;
     }},
    {"halves", [](int64_t step, const Case&) { return std::pow(0.5, std::floor(step / 10)); }},
};

OptionValues options_of(const optim::ScheduleKind& kind, int64_t warmup, double end) {
  OptionValues out(kind.options);
  if (out.has("lr-end")) out.set("lr-end", end);
  out.set("warmup", warmup);
  return out;
}

double share(const optim::Schedule& schedule, int64_t step) { return schedule ? schedule(step) : 1; }

}  // namespace

TEST_CASE("every schedule is its formula behind its warm-up, and ends where the run does", "[schedule]") {
  for (const optim::ScheduleKind& kind : optim::schedules()) {
    INFO(kind.name);
    CHECK_FALSE(kind.help.empty());
    REQUIRE(kFormulas.contains(kind.name));
    for (int64_t warmup : {0, 1, 7})
      for (const Case& c : {Case{40, 0}, Case{40, 0.25}, Case{1, 0.5}}) {
        optim::Schedule schedule =
            optim::make_schedule(kind.name, warmup + c.total, options_of(kind, warmup, c.end));
        for (int64_t step = 0; step < warmup; ++step)
          CHECK(share(schedule, step) == static_cast<double>(step + 1) / static_cast<double>(warmup + 1));
        for (int64_t step = 0; step <= c.total; ++step) {
          double is = share(schedule, warmup + step);
          CHECK(is == Approx(kFormulas.at(kind.name)(step, c)).margin(1e-15));
          CHECK((is >= 0 && is <= 1));
        }
        if (!kind.uses_total) continue;
        for (int64_t after : {0, 1, 1000})
          CHECK(share(schedule, warmup + c.total + after) == Approx(c.end).margin(1e-15));
      }
  }
}

TEST_CASE("a schedule says whether it needs to know the run's length", "[schedule]") {
  for (const optim::ScheduleKind& kind : optim::schedules()) {
    INFO(kind.name);
    OptionValues options = options_of(kind, 2, 0.125);
    auto shorter = optim::make_schedule(kind.name, 30, options),
         longer = optim::make_schedule(kind.name, 50, options);
    bool differs = false;
    for (int64_t step = 0; step < 30; ++step) differs = differs || shorter(step) != longer(step);
    CHECK(differs == kind.uses_total);
  }
}

TEST_CASE("a schedule that is not there is refused with the names of all", "[schedule]") {
  CHECK(message_of([] { optim::make_schedule("slow", 1, {}); }) ==
        "[schedule] There is no schedule \"slow\" (valid are constant, linear, cosine, halves)");
}
