#include "lexigrad/train/optim/methods/sgd.h"

#include <cmath>
#include <limits>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/train/optim/methods/kernels/sgd.h"
#include "lexigrad/train/optim/update_rows.h"

namespace lexigrad::optim {
namespace {

SlotKinds slots_of(double momentum) { return momentum == 0 ? SlotKinds{} : SlotKinds{"momentum"}; }

}  // namespace

SGD::SGD(const ParameterGroups& parameters, const SGDOptions& options)
    : Optimizer("sgd", parameters, {options.lr, options.weight_decay, options.rows}, options.no_decay,
                slots_of(options.momentum)),
      options_(options) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  check_option("momentum", options.momentum, 0, infinity);
  check_option("dampening", options.dampening, -infinity, infinity);
  check(!options.nesterov || (options.momentum > 0 && options.dampening == 0), "sgd",
        "nesterov needs momentum > 0 and dampening 0, they are ", options.momentum, " and ",
        options.dampening, ". Hint: momentum 0.9 is usual");
}

OptimizerKind SGD::kind() {
  return {.name = "sgd",
          .help = "stochastic gradient descent with momentum",
          .lr = 1,
          .options = {{"momentum", 0.9, Real{0, 1}, "of sgd; others have moments of their own"},
                      weight_decay_option()},
          .slots = [](const OptionValues& o) { return slots_of(o.get<double>("momentum")); },
          .make =
              [](const ParameterGroups& parameters, const OptimizerSettings& s) {
                return std::make_unique<SGD>(parameters,
                                             SGDOptions{.lr = s.lr,
                                                        .momentum = s.options.get<double>("momentum"),
                                                        .weight_decay = s.options.get<double>("weight-decay"),
                                                        .rows = s.rows,
                                                        .no_decay = s.no_decay});
              },
          .careful_lr = 0.03};
}

// Without a gradient the buffer shrinks to its share each step, and moves the weight; or decay does, alone.
bool SGD::add_idle_steps(const StepOptions& step, Memory& memory) const {
  LateRows& late = memory.late;
  double decay = options_.maximize ? -step.weight_decay : step.weight_decay, momentum = options_.momentum;
  bool one_of_both = (momentum != 0) != (decay != 0);
  if (step.rows != Rows::lazy_exact || !one_of_both || !IdleSums::converge({momentum})) return false;
  if (late.sums.steps() == 0) late.sums = IdleSums({momentum});
  for (int64_t j = late.sums.steps(); j < memory.steps; ++j) {
    double lr = late.rates[static_cast<size_t>(j)];
    late.sums.add(1 - lr * decay, {options_.nesterov ? lr * momentum : lr});
  }
  return late.sums.hold();
}

void SGD::update(const nn::ParameterRef& parameter, const StepOptions& step, Memory& memory) const {
  // To climb is to go the other way from an opposite momentum; the products are the same numbers.
  double sign = options_.maximize ? -1 : 1;
  auto step_at = [&](const StepOptions& now, double rate) {
    return kernels::SgdStep{sign * rate * now.lr,    options_.momentum, options_.dampening,
                            sign * now.weight_decay, options_.nesterov, now.number == 1};
  };
  Reach reach = reach_of(step, options_.momentum != 0 ? Reach::touched : Reach::gradient);
  auto move = [](auto* w, const auto* g, const auto& slots, int64_t n, const kernels::SgdStep& now) {
    kernels::sgd_step(w, g, slots.count > 0 ? slots[0] : nullptr, now, n);
  };
  if (!add_idle_steps(step, memory)) return update_rows(parameter, step, reach, memory, step_at, move);
  const IdleSums& sums = memory.late.sums;
  auto skip = [&](auto* w, const auto& slots, int64_t n, int64_t stands_at, double rate) {
    if (step.weight_decay != 0 && rate != 1) return false;
    double momentum = std::pow(options_.momentum, static_cast<double>(memory.steps - stands_at));
    kernels::sgd_rest(w, slots.count > 0 ? slots[0] : nullptr,
                      {sums.keep(stands_at), sign * rate * sums.sum(stands_at)[0], momentum}, n);
    return true;
  };
  update_rows(parameter, step, reach, memory, step_at, move, skip);
}

}  // namespace lexigrad::optim
