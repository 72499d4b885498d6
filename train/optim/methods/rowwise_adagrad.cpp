#include "lexigrad/train/optim/methods/rowwise_adagrad.h"

#include <limits>

#include "lexigrad/train/optim/methods/kernels/rowwise.h"
#include "lexigrad/train/optim/update_rows.h"

namespace lexigrad::optim {

RowwiseAdagrad::RowwiseAdagrad(const ParameterGroups& parameters, const RowwiseAdagradOptions& options)
    : Optimizer("rowwise-adagrad", parameters, {options.lr, options.weight_decay, options.rows},
                options.no_decay, {{"sum", of_rows}}),
      options_(options) {
  check_option("eps", options.eps, 0, std::numeric_limits<double>::infinity());
}

OptimizerKind RowwiseAdagrad::kind() {
  return kind_of<RowwiseAdagrad, RowwiseAdagradOptions>(
      "rowwise-adagrad", "adagrad with one number of state for each row of a table", 0.1, {{"sum", of_rows}});
}

void RowwiseAdagrad::update(const nn::ParameterRef& parameter, const StepOptions& step,
                            Memory& memory) const {
  auto step_at = [&](const StepOptions& now, double rate) {
    return kernels::RowwiseAdagradStep{rate * now.lr, options_.eps, now.weight_decay};
  };
  // A row that never had a gradient rests, but for 0 / 0.
  update_rows(
      parameter, step, reach_of(step, options_.eps > 0 ? Reach::gradient : Reach::all), memory, step_at,
      [](auto* w, const auto* g, const auto& slots, int64_t n, const kernels::RowwiseAdagradStep& now) {
        kernels::rowwise_adagrad_step(w, g, slots[0], now, n);
      });
}

}  // namespace lexigrad::optim
