#include "lexigrad/train/optim/schedules/schedule.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "lexigrad/autograd/base/check.h"

namespace lexigrad::optim {
namespace {

// Falls from 1 to `end` as height(progress) falls from 1 to 0.
template <class Height>
Schedule falling(int64_t total, double end, const Height& height) {
  check(total >= 0, "schedule", "total is ", total, " (valid are 0 and more)");
  check(end >= 0 && end <= 1, "schedule", "end is ", end, " (valid are 0..1)");
  double steps = static_cast<double>(std::max<int64_t>(total, 1));
  return [=](int64_t step) {
    return end + (1 - end) * height(std::min(static_cast<double>(step) / steps, 1.0));
  };
}

}  // namespace

Schedule linear(int64_t total, double end) {
  return falling(total, end, [](double progress) { return 1 - progress; });
}

Schedule cosine(int64_t total, double end) {
  return falling(total, end, [](double progress) { return (1 + std::cos(M_PI * progress)) / 2; });
}

Schedule warm_up(int64_t steps, Schedule then) {
  check(steps >= 0, "schedule", "warmup is ", steps, " (valid are 0 and more)");
  return [steps, then = std::move(then)](int64_t step) {
    if (step < steps) return static_cast<double>(step + 1) / static_cast<double>(steps + 1);
    return then ? then(step - steps) : 1;
  };
}

}  // namespace lexigrad::optim
