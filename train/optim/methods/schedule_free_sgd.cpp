#include "lexigrad/train/optim/methods/schedule_free_sgd.h"

#include "lexigrad/train/optim/update_rows.h"

namespace lexigrad::optim {
namespace {

constexpr const char* kName = "schedule-free-sgd";

}  // namespace

ScheduleFreeSGD::ScheduleFreeSGD(const ParameterGroups& parameters, const ScheduleFreeSGDOptions& options)
    : ScheduleFree(kName, parameters, {options.lr, options.weight_decay, options.rows}, options.no_decay,
                   {"offset"}, {options.momentum, options.warmup_steps, options.r, options.weight_lr_power}) {
}

OptimizerKind ScheduleFreeSGD::kind() {
  OptimizerKind out = kind_of<ScheduleFreeSGD, ScheduleFreeSGDOptions>(
      kName, "sgd that averages its weights instead of a schedule", 3, {"offset"});
  out.careful_lr = 0.3;
  out.averages = true;
  return out;
}

void ScheduleFreeSGD::move(const nn::ParameterRef& parameter, const StepOptions& step,
                           const kernels::ScheduleFreeStep& whole, Memory& memory) const {
  update_rows(
      parameter, step, reach_of(step, Reach::touched), memory,
      [&](const StepOptions&, double share) { return shared(whole, share); },
      [](auto* w, const auto* g, const auto& slots, int64_t n, const kernels::ScheduleFreeStep& at) {
        kernels::schedule_free_sgd_step(w, g, slots[0], at, n);
      });
}

}  // namespace lexigrad::optim
