#include "lexigrad/train/optim/methods/adam.h"

#include <cmath>
#include <limits>

#include "lexigrad/train/optim/methods/kernels/adam.h"
#include "lexigrad/train/optim/update_rows.h"

namespace lexigrad::optim {
namespace {

std::vector<std::string> slots_of(const AdamOptions& options) {
  std::vector<std::string> out = {"m", "v"};
  if (options.amsgrad) out.push_back("v_max");
  return out;
}

}  // namespace

Adam::Adam(const ParameterGroups& parameters, const AdamOptions& options)
    : Adam("adam", parameters, options, Decays::gradient, 0) {}

Adam::Adam(std::string name, const ParameterGroups& parameters, const AdamOptions& options, Decays decays,
           double standard_decay)
    : Optimizer(std::move(name), parameters,
                {options.lr, options.weight_decay.value_or(standard_decay), options.rows}, options.no_decay,
                slots_of(options)),
      options_(options),
      decays_(decays) {
  check_betas(options.betas);
  check_option("eps", options.eps, 0, std::numeric_limits<double>::infinity());
}

OptimizerKind Adam::kind() {
  return kind_of<Adam, AdamOptions>("adam", "steps in units of each number's own gradients", 0.003,
                                    {"m", "v"});
}

void Adam::update(const nn::ParameterRef& parameter, const StepOptions& step, Memory& memory) const {
  bool sparse = step.rows == Rows::lazy && parameter.row_grad() != nullptr;
  bool decoupled = decays_ == Decays::weight;
  auto [beta1, beta2] = options_.betas;
  double steps = static_cast<double>(memory.steps), size = step.lr / (1 - std::pow(beta1, steps)),
         correction = std::sqrt(1 - std::pow(beta2, steps)), sign = options_.maximize ? -1 : 1;
  auto step_at = [&](double rate) {
    return kernels::AdamStep{.beta1 = options_.betas.first,
                             .beta2 = options_.betas.second,
                             .eps = options_.eps,
                             .weight_decay = decoupled ? 0 : sign * step.weight_decay,
                             .step_size = sign * rate * (sparse ? size * correction : size),
                             .bias2_correction = sparse ? 1 : correction,
                             .keep = decoupled ? 1 - rate * step.lr * step.weight_decay : 1};
  };
  // A number with g = m = v = 0 stays as it is unless it decays; with eps 0 it becomes 0 / 0, as in PyTorch.
  Reach reach = reach_of(step, options_.eps == 0 ? Reach::all : Reach::touched);
  update_rows(parameter, reach, memory.slots, step_at,
              [](auto* w, const auto* g, const auto& slots, int64_t n, const kernels::AdamStep& now) {
                kernels::adam_step(w, g, slots[0], slots[1], slots.count > 2 ? slots[2] : nullptr, now, n);
              });
}

}  // namespace lexigrad::optim
