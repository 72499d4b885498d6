#include "lexigrad/train/optim/methods/schedule_free_adamw.h"

#include <cmath>
#include <limits>

#include "lexigrad/train/optim/update_rows.h"

namespace lexigrad::optim {
namespace {

constexpr const char* kName = "schedule-free-adamw";

}  // namespace

ScheduleFreeAdamW::ScheduleFreeAdamW(const ParameterGroups& parameters,
                                     const ScheduleFreeAdamWOptions& options)
    : ScheduleFree(kName, parameters, {options.lr, options.weight_decay, options.rows}, options.no_decay,
                   {"offset", "v"},
                   {options.betas.first, options.warmup_steps, options.r, options.weight_lr_power}),
      options_(options) {
  check_betas(options.betas);
  check_option("eps", options.eps, 0, std::numeric_limits<double>::infinity());
}

OptimizerKind ScheduleFreeAdamW::kind() {
  OptimizerKind out = kind_of<ScheduleFreeAdamW, ScheduleFreeAdamWOptions>(
      kName, "adamw that averages its weights instead of a schedule", 0.01, {"offset", "v"});
  out.averages = true;
  return out;
}

void ScheduleFreeAdamW::move(const nn::ParameterRef& parameter, const StepOptions& step,
                             const kernels::ScheduleFreeStep& numbers, Memory& memory) const {
  kernels::ScheduleFreeStep whole = numbers;
  whole.beta2 = options_.betas.second;
  whole.eps = options_.eps;
  whole.bias2_correction = std::sqrt(1 - std::pow(whole.beta2, static_cast<double>(step.number)));
  update_rows(
      parameter, step, reach_of(step, options_.eps == 0 ? Reach::all : Reach::touched), memory,
      [&](const StepOptions&, double share) { return shared(whole, share); },
      [](auto* w, const auto* g, const auto& slots, int64_t n, const kernels::ScheduleFreeStep& at) {
        kernels::schedule_free_adamw_step(w, g, slots[0], slots[1], at, n);
      });
}

}  // namespace lexigrad::optim
