#include "lexigrad/train/pictures/schedule_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/train/pictures/terminal_plot.h"

namespace lexigrad::train {
namespace {

struct Rate {
  int64_t step;
  double value;
};

std::vector<Rate> sampled(const optim::Schedule& schedule, double lr, int64_t total) {
  constexpr int64_t kMost = 100'000;
  int64_t count = std::min(total, kMost), gaps = std::max<int64_t>(count - 1, 1);
  int64_t whole = (total - 1) / gaps, rest = (total - 1) % gaps;
  std::vector<Rate> out;
  for (int64_t i = 0; i < count; ++i) {
    int64_t step = whole * i + rest * i / gaps;
    out.push_back({step, lr * (schedule ? schedule(step) : 1)});
  }
  return out;
}

// The first of the largest finite ones; the first of all where none is finite.
Rate largest(const std::vector<Rate>& rates) {
  Rate out = rates.front();
  for (const Rate& each : rates)
    if (std::isfinite(each.value) && !(std::isfinite(out.value) && each.value <= out.value)) out = each;
  return out;
}

std::string in_step(const char* what, const Rate& rate) {
  return fmt::format("{} {:.4g} in step {}", what, rate.value, rate.step);
}

}  // namespace

std::string draw_schedule(const optim::Schedule& schedule, double lr, int64_t total, int64_t columns,
                          int64_t rows) {
  check(total >= 1 && rows >= 1 && columns >= 40, "schedule", "total, rows and columns are ", total, ", ",
        rows, " and ", columns, " (valid are 1, 1, 40 and more)");
  std::vector<Rate> rates = sampled(schedule, lr, total);
  Rate most = largest(rates);
  std::string top = fmt::format("{:.4g}", most.value), end = fmt::format("{}", total - 1);
  std::vector<double> values;
  for (const Rate& rate : rates) values.push_back(rate.value);
  std::string out = terminal_plot(values, 0, most.value, {"0", top}, {"0", end}, columns, rows);
  std::string line = in_step("first", rates.front());
  for (const std::string& more : {in_step("most", most), in_step("last", rates.back())}) {
    bool fits = line.size() + more.size() + 2 <= static_cast<size_t>(columns);
    out += fits ? "" : line + "\n";
    line = fits ? line + ", " + more : more;
  }
  return out + line + "\n";
}

}  // namespace lexigrad::train
