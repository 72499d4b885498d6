#include "lexigrad/train/optim/schedules/schedule.h"

#include <algorithm>
#include <cmath>

#include "lexigrad/autograd/base/check.h"

namespace lexigrad::train {

double Schedule::operator()(int64_t step) const {
  check(warmup >= 0 && total >= 0, "schedule", "warmup and total are ", warmup, " and ", total,
        " (valid are 0 and more)");
  check(end >= 0 && end <= 1, "schedule", "end is ", end, " (valid are 0..1)");
  if (step < warmup) return static_cast<double>(step + 1) / static_cast<double>(warmup + 1);
  if (kind == Kind::constant) return 1;
  double left = static_cast<double>(std::max<int64_t>(total - warmup, 1));
  double progress = std::min(static_cast<double>(step - warmup) / left, 1.0);
  double height = kind == Kind::linear ? 1 - progress : (1 + std::cos(M_PI * progress)) / 2;
  return end + (1 - end) * height;
}

}  // namespace lexigrad::train
