#include "lexigrad/train/optim/methods/adagrad.h"

#include <limits>

#include "lexigrad/train/optim/methods/kernels/adagrad.h"
#include "lexigrad/train/optim/update_rows.h"

namespace lexigrad::optim {

Adagrad::Adagrad(const ParameterGroups& parameters, const AdagradOptions& options)
    : Optimizer("adagrad", parameters, {options.lr, options.weight_decay, options.rows}, options.no_decay,
                {"sum"}),
      options_(options) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  check_option("lr_decay", options.lr_decay, 0, infinity);
  check_option("initial_accumulator_value", options.initial_accumulator_value, 0, infinity);
  check_option("eps", options.eps, 0, infinity);
}

OptimizerKind Adagrad::kind() {
  return kind_of<Adagrad, AdagradOptions>(
      "adagrad", "steps that shrink with the gradients that each number has had", 0.1, {"sum"});
}

void Adagrad::update(const nn::ParameterRef& parameter, const StepOptions& step, Memory& memory) const {
  auto step_at = [&](const StepOptions& now, double rate) {
    double lr = now.lr / (1 + static_cast<double>(now.number - 1) * options_.lr_decay);
    return kernels::AdagradStep{rate * lr, options_.initial_accumulator_value, options_.eps,
                                now.weight_decay};
  };
  // A number that never had a gradient rests, but for 0 / 0.
  bool rests = options_.eps > 0 || options_.initial_accumulator_value > 0;
  update_rows(parameter, step, reach_of(step, rests ? Reach::gradient : Reach::all), memory, step_at,
              [](auto* w, const auto* g, const auto& slots, int64_t n, const kernels::AdagradStep& now) {
                kernels::adagrad_step(w, g, slots[0], now, n);
              });
}

}  // namespace lexigrad::optim
