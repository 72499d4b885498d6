#include "lexigrad/train/optim/methods/sgd.h"

#include <limits>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/train/optim/methods/kernels/sgd.h"
#include "lexigrad/train/optim/update_rows.h"

namespace lexigrad::optim {
namespace {

std::vector<std::string> slots_of(double momentum) {
  return momentum == 0 ? std::vector<std::string>{} : std::vector<std::string>{"momentum"};
}

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

void SGD::update(const nn::ParameterRef& parameter, const StepOptions& step, Memory& memory) const {
  // To climb is to go the other way from an opposite momentum; the products are the same numbers.
  double sign = options_.maximize ? -1 : 1;
  auto step_at = [&](double rate) {
    return kernels::SgdStep{sign * rate * step.lr,    options_.momentum, options_.dampening,
                            sign * step.weight_decay, options_.nesterov, memory.steps == 1};
  };
  Reach reach = reach_of(step, options_.momentum != 0 ? Reach::touched : Reach::gradient);
  update_rows(parameter, reach, memory.slots, step_at,
              [](auto* w, const auto* g, const auto& slots, int64_t n, const kernels::SgdStep& now) {
                kernels::sgd_step(w, g, slots.count > 0 ? slots[0] : nullptr, now, n);
              });
}

}  // namespace lexigrad::optim
