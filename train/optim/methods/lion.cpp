#include "lexigrad/train/optim/methods/lion.h"

#include "lexigrad/train/optim/methods/kernels/lion.h"
#include "lexigrad/train/optim/update_rows.h"

namespace lexigrad::optim {

Lion::Lion(const ParameterGroups& parameters, const LionOptions& options)
    : Optimizer("lion", parameters, {options.lr, options.weight_decay, options.rows}, options.no_decay,
                {"m"}),
      options_(options) {
  check_betas(options.betas);
}

OptimizerKind Lion::kind() {
  return kind_of<Lion, LionOptions>("lion", "steps of one size, the way that most gradients point", 0.003,
                                    {"m"});
}

void Lion::update(const nn::ParameterRef& parameter, const StepOptions& step, Memory& memory) const {
  auto step_at = [&](const StepOptions& now, double rate) {
    return kernels::LionStep{rate * now.lr, options_.betas.first, options_.betas.second,
                             1 - rate * now.lr * now.weight_decay};
  };
  update_rows(parameter, step, reach_of(step, Reach::touched), memory, step_at,
              [](auto* w, const auto* g, const auto& slots, int64_t n, const kernels::LionStep& now) {
                kernels::lion_step(w, g, slots[0], now, n);
              });
}

}  // namespace lexigrad::optim
