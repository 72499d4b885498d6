#include "lexigrad/train/optim/schedule_free.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/tensor/dtype.h"
#include "lexigrad/train/optim/row_rules.h"

namespace lexigrad::optim {

ScheduleFree::ScheduleFree(std::string kind, const ParameterGroups& groups, const StepOptions& options,
                           const std::vector<std::string>& no_decay, SlotKinds slots,
                           const Settings& settings)
    : Optimizer(kind, groups, options, no_decay, std::move(slots)), settings_(settings) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  check(settings.beta > 0 && settings.beta < 1, kind,
        "The share of the average in the point of gradients is ", settings.beta,
        " (valid: above 0, below 1). Hint: 0.9 is usual");
  check(settings.warmup_steps >= 0, kind, "warmup_steps is ", settings.warmup_steps, " (valid: 0 and more)");
  check_option("r", settings.r, 0, infinity);
  check_option("weight_lr_power", settings.weight_lr_power, 0, infinity);
}

void ScheduleFree::update(const nn::ParameterRef& parameter, const StepOptions& step, Memory& memory) const {
  if (!memory.late.now.empty()) return;
  StepOptions now = step;
  if (now.rows == Rows::lazy_exact) now.rows = Rows::dense;
  auto k = static_cast<double>(now.number), warmup = static_cast<double>(settings_.warmup_steps);
  double lr = k < warmup ? now.lr * (k / warmup) : now.lr;
  Averaging averaging = memory.averaging;
  averaging.largest_lr = std::max(averaging.largest_lr, lr);
  double weight = std::pow(k, settings_.r) * std::pow(averaging.largest_lr, settings_.weight_lr_power);
  averaging.sum += weight;
  double c = averaging.sum > 0 ? weight / averaging.sum : 0;
  move(parameter, now,
       {.c = c,
        .size = lr * (1 - settings_.beta * (1 - c)),
        .offset_size = lr * settings_.beta,
        .weight_decay = now.weight_decay},
       memory);
  memory.averaging = averaging;  // a step that throws has not been
}

kernels::ScheduleFreeStep ScheduleFree::shared(const kernels::ScheduleFreeStep& whole, double share) {
  kernels::ScheduleFreeStep out = whole;
  out.size *= share;
  out.offset_size *= share;
  return out;
}

// x = (y - (1 - beta) z) / beta = y - (1 - beta) / beta (z - y).
void ScheduleFree::average(const nn::ParameterRef& copy, const Slots& slots) const {
  int64_t dim = dim_of(copy);
  const double share = (1 - settings_.beta) / settings_.beta;
  const bool limited = copy.rules && copy.rules->max_norm > 0;
  auto move_rows = [&]<class W, class T>(W* w, T) {
    auto block = std::max<int64_t>(1, (int64_t{1} << 15) / std::max<int64_t>(dim, 1));
    parallel_ranges(rows_of(copy), block, [&](int64_t begin, int64_t end) {
      slots.for_each(begin, end, [&](int64_t row) {
        const T* offset = slots.of_row<T>(row)[0];
        bool apart = false;
        for (int64_t i = 0; i < dim; ++i) {
          apart |= offset[i] != 0;
          w[row * dim + i] = W(static_cast<T>(w[row * dim + i]) - static_cast<T>(share) * offset[i]);
        }
        if (limited && apart) hold_max_norm(copy, row);
      });
    });
  };
  if (copy.dtype() == bfloat16) return move_rows(copy.data<BFloat16>(), float{});
  dispatch_floating("schedule_free", copy.dtype(), [&]<class T>(T) { move_rows(copy.data<T>(), T{}); });
}

}  // namespace lexigrad::optim
