// A schedule by name: this row goes into train/optim/schedules/schedules.cpp, or lives in a program.
#include <cmath>

#include "lexigrad/train/optim/schedules/schedules.h"

namespace lexigrad::optim {

const ScheduleEntry halving({.name = "halving",
                             .help = "half the rate every so many steps",
                             .options = {{"halve-every", int64_t{1000}, Whole{1, 1000000}, "steps"}},
                             .uses_total = false,
                             .make = [](int64_t, const OptionValues& options) -> Schedule {
                               auto every = options.get<int64_t>("halve-every");
                               return [every](int64_t step) {
                                 return std::exp2(-static_cast<double>(step / every));
                               };
                             }});

}  // namespace lexigrad::optim
