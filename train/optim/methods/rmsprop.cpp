#include "lexigrad/train/optim/methods/rmsprop.h"

#include <limits>

#include "lexigrad/train/optim/methods/kernels/rmsprop.h"
#include "lexigrad/train/optim/update_rows.h"

namespace lexigrad::optim {
namespace {

SlotKinds slots_of(const RMSpropOptions& options) {
  SlotKinds out = {"square"};
  if (options.centered) out.push_back("mean");
  if (options.momentum != 0) out.push_back("momentum");
  return out;
}

}  // namespace

RMSprop::RMSprop(const ParameterGroups& parameters, const RMSpropOptions& options)
    : Optimizer("rmsprop", parameters, {options.lr, options.weight_decay, options.rows}, options.no_decay,
                slots_of(options)),
      options_(options) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  check_option("alpha", options.alpha, 0, 1);
  check_option("eps", options.eps, 0, infinity);
  check_option("momentum", options.momentum, 0, infinity);
}

OptimizerKind RMSprop::kind() {
  return kind_of<RMSprop, RMSpropOptions>("rmsprop", "steps in units of recent gradients", 0.003, {"square"});
}

void RMSprop::update(const nn::ParameterRef& parameter, const StepOptions& step, Memory& memory) const {
  auto step_at = [&](const StepOptions& now, double rate) {
    return kernels::RMSpropStep{rate * now.lr, options_.alpha, options_.eps, options_.momentum,
                                now.weight_decay};
  };
  bool centered = options_.centered, moves_on = options_.momentum != 0;
  // Averages change where the gradient is 0.
  update_rows(parameter, step, reach_of(step, options_.eps == 0 ? Reach::all : Reach::touched), memory,
              step_at,
              [=](auto* w, const auto* g, const auto& slots, int64_t n, const kernels::RMSpropStep& now) {
                kernels::rmsprop_step(w, g, slots[0], centered ? slots[1] : nullptr,
                                      moves_on ? slots[slots.count - 1] : nullptr, now, n);
              });
}

}  // namespace lexigrad::optim
