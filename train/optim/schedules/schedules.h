// All schedules of the learning rate by name.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "lexigrad/autograd/base/options.h"
#include "lexigrad/autograd/base/table.h"
#include "lexigrad/train/optim/schedules/schedule.h"

namespace lexigrad::optim {

/// A row of schedules().
struct ScheduleKind {
  std::string name;             ///< "cosine"
  std::string help;             ///< one line
  std::vector<Option> options;  ///< beside "warmup"; a name that several kinds have means the same to all
  bool uses_total;              ///< a share depends on the run's length: such a run cannot be made longer
  /// The schedule of a run of `total` steps, from the end of its warm-up on; "warmup" is among the values.
  std::function<Schedule(int64_t total, const OptionValues&)> make;
};

Table<ScheduleKind>& schedules();
/// Adds a schedule of one's own: const optim::ScheduleEntry mine({.name = "mine", ...});
using ScheduleEntry = TableEntry<schedules>;

/// "constant: the same rate in every step; linear: ..."
std::string described_schedules();

/// "warmup", which every schedule may have.
Option warmup_option();

/// The schedule of that name for a run of `total` steps, the first of them its warm-up: the option
/// "warmup" says how many. Throws where there is no such schedule, or warmup or total is negative.
Schedule make_schedule(const std::string& name, int64_t total, const OptionValues& options);

}  // namespace lexigrad::optim
