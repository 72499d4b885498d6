#include "lexigrad/train/optim/schedules/schedules.h"

#include <algorithm>

#include "lexigrad/autograd/base/check.h"

namespace lexigrad::optim {
namespace {

Option end_option() {
  return {"lr-end", 0.0, Real{0, 1}, "share of the learning rate that linear and cosine end at"};
}

double end_of(const OptionValues& options) { return options.get<double>("lr-end"); }

}  // namespace

Table<ScheduleKind>& schedules() {
  static Table<ScheduleKind> all(
      "schedule", {{.name = "constant",
                    .help = "the same rate in every step",
                    .options = {},
                    .uses_total = false,
                    .make = [](int64_t, const OptionValues&) { return Schedule(); }},
                   {.name = "linear",
                    .help = "falls in a straight line",
                    .options = {end_option()},
                    .uses_total = true,
                    .make = [](int64_t total, const OptionValues& o) { return linear(total, end_of(o)); }},
                   {.name = "cosine",
                    .help = "falls by half a period of the cosine",
                    .options = {end_option()},
                    .uses_total = true,
                    .make = [](int64_t total, const OptionValues& o) { return cosine(total, end_of(o)); }}});
  return all;
}

Option warmup_option() {
  return {"warmup", int64_t{0}, Whole{0, int64_t{1} << 40}, "steps over which the learning rate rises first"};
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
