#include "lexigrad/train/optim/methods/adadelta.h"

#include <limits>

#include "lexigrad/train/optim/methods/kernels/adadelta.h"
#include "lexigrad/train/optim/update_rows.h"

namespace lexigrad::optim {

Adadelta::Adadelta(const ParameterGroups& parameters, const AdadeltaOptions& options)
    : Optimizer("adadelta", parameters, {options.lr, options.weight_decay, options.rows}, options.no_decay,
                {"square", "delta"}),
      options_(options) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  check_option("rho", options.rho, 0, 1);
  check_option("eps", options.eps, 0, infinity);
}

OptimizerKind Adadelta::kind() {
  return kind_of<Adadelta, AdadeltaOptions>("adadelta", "steps in units of recent steps", 3,
                                            {"square", "delta"});
}

void Adadelta::update(const nn::ParameterRef& parameter, const StepOptions& step, Memory& memory) const {
  auto step_at = [&](const StepOptions& now, double rate) {
    return kernels::AdadeltaStep{rate * now.lr, options_.rho, options_.eps, now.weight_decay};
  };
  // Averages change where the gradient is 0.
  update_rows(parameter, step, reach_of(step, options_.eps == 0 ? Reach::all : Reach::touched), memory,
              step_at,
              [](auto* w, const auto* g, const auto& slots, int64_t n, const kernels::AdadeltaStep& now) {
                kernels::adadelta_step(w, g, slots[0], slots[1], now, n);
              });
}

}  // namespace lexigrad::optim
