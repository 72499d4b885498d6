#include "lexigrad/train/optim/matrix_method.h"

#include <algorithm>

#include "lexigrad/autograd/tape/tape.h"
#include "lexigrad/nn/parameter_lists.h"
#include "lexigrad/train/optim/methods/kernels/adam.h"
#include "lexigrad/train/optim/update_rows.h"

namespace lexigrad::optim {

MatrixMethod::MatrixMethod(std::string kind, const ParameterGroups& groups, const StepOptions& options,
                           const std::vector<std::string>& no_decay, SlotKinds slots, AdamSettings adam)
    : Optimizer(std::move(kind), groups, options, no_decay, {"m", "v"}),
      matrix_slots_(std::move(slots)),
      adam_(std::move(adam)) {
  check_betas(adam_.betas);
}

bool MatrixMethod::by_adam(const nn::ParameterRef& parameter) const {
  return parameter.rank() != 2 ||
         std::any_of(adam_.patterns.begin(), adam_.patterns.end(),
                     [&](const std::string& pattern) { return nn::name_fits(parameter.name, pattern); });
}

SlotKinds MatrixMethod::slots_for(const nn::ParameterRef& parameter) const {
  return by_adam(parameter) ? SlotKinds{"m", "v"} : matrix_slots_;
}

void MatrixMethod::update_by_adam(const nn::ParameterRef& parameter, const StepOptions& step,
                                  Memory& memory) const {
  auto step_at = [&](const StepOptions& now, double rate) {
    kernels::AdamStep out = kernels::adam_step_at(adam_.betas, adam_.eps, rate * now.lr, now.number);
    out.keep = 1 - rate * now.lr * now.weight_decay;
    return out;
  };
  update_rows(parameter, step, reach_of(step, adam_.eps == 0 ? Reach::all : Reach::touched), memory, step_at,
              [](auto* w, const auto* g, const auto& slots, int64_t n, const kernels::AdamStep& now) {
                using T = std::remove_pointer_t<decltype(w)>;
                kernels::adam_step(w, g, slots[0], slots[1], static_cast<T*>(nullptr), now, n);
              });
}

void MatrixMethod::update(const nn::ParameterRef& parameter, const StepOptions& step, Memory& memory) const {
  if (by_adam(parameter)) return update_by_adam(parameter, step, memory);
  if (!memory.late.now.empty()) return;
  NoGrad off;
  StepMatrix at(parameter, step);
  if (at.rows() > 0 && at.dim() > 0) update_matrix(at, step, memory.slots);
}

}  // namespace lexigrad::optim
