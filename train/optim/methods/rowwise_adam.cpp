#include "lexigrad/train/optim/methods/rowwise_adam.h"

#include <cmath>
#include <limits>

#include "lexigrad/train/optim/methods/kernels/rowwise.h"
#include "lexigrad/train/optim/update_rows.h"

namespace lexigrad::optim {

RowwiseAdam::RowwiseAdam(const ParameterGroups& parameters, const RowwiseAdamOptions& options)
    : Optimizer("rowwise-adam", parameters, {options.lr, options.weight_decay, options.rows},
                options.no_decay, {"m", {"v", of_rows}}),
      options_(options) {
  check_betas(options.betas);
  check_option("eps", options.eps, 0, std::numeric_limits<double>::infinity());
}

OptimizerKind RowwiseAdam::kind() {
  return kind_of<RowwiseAdam, RowwiseAdamOptions>(
      "rowwise-adam", "adam with one second moment for each row of a table", 0.003, {"m", {"v", of_rows}});
}

void RowwiseAdam::update(const nn::ParameterRef& parameter, const StepOptions& step, Memory& memory) const {
  auto step_at = [&](const StepOptions& now, double rate) {
    auto [beta1, beta2] = options_.betas;
    double number = static_cast<double>(now.number);
    return kernels::RowwiseAdamStep{.beta1 = beta1,
                                    .beta2 = beta2,
                                    .eps = options_.eps,
                                    .weight_decay = now.weight_decay,
                                    .step_size = rate * now.lr / (1 - std::pow(beta1, number)),
                                    .bias2_correction = std::sqrt(1 - std::pow(beta2, number))};
  };
  update_rows(parameter, step, reach_of(step, options_.eps == 0 ? Reach::all : Reach::touched), memory,
              step_at,
              [](auto* w, const auto* g, const auto& slots, int64_t n, const kernels::RowwiseAdamStep& now) {
                kernels::rowwise_adam_step(w, g, slots[0], slots[1], now, n);
              });
}

}  // namespace lexigrad::optim
