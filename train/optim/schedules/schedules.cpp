#include "lexigrad/train/optim/schedules/schedules.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/fork/made_once.h"
#include "lexigrad/train/optim/schedules/plateau.h"

namespace lexigrad::optim {
namespace {

constexpr int64_t kMost = int64_t{1} << 40;

// Options that several kinds have.
Option end_option() {
  return {"lr-end", 0.0, Real{0, 1},
          "share of the learning rate at the end of linear, polynomial, cosine, one-cycle, trapezoid, and of "
          "each period of warm-restarts; the least that plateau leaves"};
}
Option factor_option() {
  return {"lr-factor", 0.1, Real{0, 1},
          "what step, multi-step, exponential and plateau multiply the rate with"};
}
Option every_option() {
  return {"lr-every", int64_t{500}, Whole{1, kMost},
          "steps in which step and exponential multiply the rate with lr-factor"};
}

double real(const OptionValues& options, const char* name) { return options.get<double>(name); }
int64_t whole(const OptionValues& options, const char* name) { return options.get<int64_t>(name); }

// "500,1000"
std::vector<int64_t> milestones_of(const OptionValues& options) {
  const std::string& given = options.get<std::string>("lr-milestones");
  std::vector<int64_t> out;
  const char *at = given.data(), *end = at + given.size();
  for (bool more = true; more; ++at) {
    auto [stop, error] = std::from_chars(at, end, out.emplace_back());
    more = stop != end;
    check(error == std::errc() && (!more || *stop == ','), "schedule", "lr-milestones is \"", given,
          "\" (valid are steps as 500,1000)");
    at = stop;
  }
  return out;
}

// A share of the steps as a count of them, at least 1 where there are any.
int64_t steps_of(double share, int64_t total) {
  int64_t steps = std::llround(share * static_cast<double>(total));
  return share > 0 ? std::clamp<int64_t>(steps, std::min<int64_t>(total, 1), total) : 0;
}

}  // namespace

Table<ScheduleKind>& schedules() {
  using Values = OptionValues;
  return lexigrad::detail::made_once([] {
    return Table<ScheduleKind>(
        "schedule",
        {{.name = "constant",
          .help = "the same rate in every step",
          .options = {},
          .uses_total = false,
          .make = [](int64_t, const Values&) { return Schedule(); }},
         {.name = "linear",
          .help = "falls in a straight line",
          .options = {end_option()},
          .uses_total = true,
          .make = [](int64_t total, const Values& o) { return linear(total, real(o, "lr-end")); }},
         {.name = "cosine",
          .help = "falls by half a period of the cosine",
          .options = {end_option()},
          .uses_total = true,
          .make = [](int64_t total, const Values& o) { return cosine(total, real(o, "lr-end")); }},
         {.name = "polynomial",
          .help = "falls as (1 - step / steps)^lr-power",
          .options = {{"lr-power", 2.0, Real{0, 1000}, "exponent of polynomial"}, end_option()},
          .uses_total = true,
          .make = [](int64_t total,
                     const Values& o) { return polynomial(total, real(o, "lr-power"), real(o, "lr-end")); }},
         {.name = "one-cycle",
          .help = "rises from lr-start and falls again, both by half a period of the cosine",
          .options = {{"lr-start", 0.04, Real{0, 1}, "share of the learning rate that one-cycle starts at"},
                      {"lr-rise", 0.3, Real{0, 1}, "part of the steps in which one-cycle rises"},
                      end_option()},
          .uses_total = true,
          .make =
              [](int64_t total, const Values& o) {
                return one_cycle(
                    total,
                    {.start = real(o, "lr-start"), .end = real(o, "lr-end"), .rise = real(o, "lr-rise")});
              }},
         {.name = "trapezoid",
          .help = "stays, and falls in a straight line at the end (warm-up-stable-decay)",
          .options = {{"lr-fall", 0.2, Real{0, 1}, "part of the steps in which trapezoid falls"},
                      end_option()},
          .uses_total = true,
          .make =
              [](int64_t total, const Values& o) {
                return trapezoid(total, steps_of(real(o, "lr-fall"), total), real(o, "lr-end"));
              }},
         {.name = "step",
          .help = "lr-factor times the rate every lr-every steps",
          .options = {every_option(), factor_option()},
          .uses_total = false,
          .make = [](int64_t,
                     const Values& o) { return step_decay(whole(o, "lr-every"), real(o, "lr-factor")); }},
         {.name = "multi-step",
          .help = "lr-factor times the rate at each of lr-milestones",
          .options = {{"lr-milestones",
                       std::string("500,1000"),
                       {},
                       "steps behind the warm-up at which multi-step falls"},
                      factor_option()},
          .uses_total = false,
          .make = [](int64_t,
                     const Values& o) { return multi_step(milestones_of(o), real(o, "lr-factor")); }},
         {.name = "exponential",
          .help = "the same as step, but a little in every step",
          .options = {every_option(), factor_option()},
          .uses_total = false,
          .make = [](int64_t,
                     const Values& o) { return exponential(real(o, "lr-factor"), whole(o, "lr-every")); }},
         {.name = "inverse-sqrt",
          .help = "falls as 1 / sqrt(step)",
          .options = {{"lr-timescale", int64_t{0}, Whole{0, kMost},
                       "steps behind the warm-up in which inverse-sqrt falls to 0.71; 0: warmup + 1"}},
          .uses_total = false,
          .make =
              [](int64_t, const Values& o) {
                int64_t given = whole(o, "lr-timescale");
                return inverse_sqrt(given > 0 ? given : whole(o, "warmup") + 1);
              }},
         {.name = "warm-restarts",
          .help = "cosine again and again, over periods of lr-period steps",
          .options = {{"lr-period", int64_t{500}, Whole{1, kMost},
                       "steps of the first period of warm-restarts"},
                      {"lr-period-factor", int64_t{1}, Whole{1, 1000000},
                       "each period of warm-restarts is so many times as long as the one before"},
                      end_option()},
          .uses_total = false,
          .make =
              [](int64_t, const Values& o) {
                return warm_restarts(whole(o, "lr-period"), whole(o, "lr-period-factor"), real(o, "lr-end"));
              }},
         {.name = kPlateau,
          .help = "lr-factor times the rate where the held-out loss has not improved for a while",
          .options = {factor_option(),
                      {"lr-patience", int64_t{2}, Whole{0, kMost},
                       "evaluations in a row without improvement that plateau lets pass"},
                      {"lr-threshold", 1e-4, Real{0, 1e300}, "what counts as an improvement under plateau"},
                      {"lr-threshold-mode", std::string("rel"), std::vector<std::string>{"rel", "abs"},
                       "lr-threshold is a share of the lowest loss, or a difference to it"},
                      {"lr-cooldown", int64_t{0}, Whole{0, kMost},
                       "evaluations after plateau has cut the rate that do not count"},
                      end_option()},
          .uses_total = false,
          .make = [](int64_t, const Values&) { return Schedule(); }}});
  });
}

std::string described_schedules() {
  std::string out;
  for (const ScheduleKind& kind : schedules())
    out += text(out.empty() ? "" : "; ", kind.name, ": ", kind.help);
  return out;
}

Option warmup_option() {
  return {"warmup", int64_t{0}, Whole{0, kMost}, "steps over which the learning rate rises first"};
}

Schedule make_schedule(const std::string& name, int64_t total, const OptionValues& options) {
  const ScheduleKind& kind = schedules().at(name);
  int64_t warmup = options.get<int64_t>("warmup");
  check(warmup >= 0 && total >= 0, "schedule", "warmup and total are ", warmup, " and ", total,
        " (valid are 0 and more)");
  Schedule after = kind.make(std::max<int64_t>(total - warmup, 0), options);
  return warmup == 0 ? after : warm_up(warmup, std::move(after));
}

}  // namespace lexigrad::optim
