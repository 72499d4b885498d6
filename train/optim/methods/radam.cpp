#include "lexigrad/train/optim/methods/radam.h"

#include <cmath>
#include <limits>

#include "lexigrad/train/optim/methods/kernels/radam.h"
#include "lexigrad/train/optim/update_rows.h"

namespace lexigrad::optim {
namespace {

// r sqrt(1 - beta2^t); 0 while there is no r.
double rectification(double beta2, double t) {
  double power = std::pow(beta2, t), bias = 1 - power;
  double n = 2 / (1 - beta2) - 1, p = n - 2 * t * power / bias;
  if (p <= 5) return 0;
  return std::sqrt((p - 4) * (p - 2) * n / ((n - 4) * (n - 2) * p)) * std::sqrt(bias);
}

}  // namespace

RAdam::RAdam(const ParameterGroups& parameters, const RAdamOptions& options)
    : Optimizer("radam", parameters, {options.lr, options.weight_decay, options.rows}, options.no_decay,
                {"m", "v"}),
      options_(options) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  check_betas(options.betas);
  check_option("eps", options.eps, 0, infinity);
}

OptimizerKind RAdam::kind() {
  return kind_of<RAdam, RAdamOptions>("radam", "adam that starts with steps of its momentum alone", 0.03,
                                      {"m", "v"});
}

void RAdam::update(const nn::ParameterRef& parameter, const StepOptions& step, Memory& memory) const {
  bool decoupled = options_.decoupled_weight_decay;
  auto step_at = [&](const StepOptions& now, double rate) {
    auto [beta1, beta2] = options_.betas;
    double t = static_cast<double>(now.number);
    return kernels::RAdamStep{.beta1 = beta1,
                              .beta2 = beta2,
                              .eps = options_.eps,
                              .weight_decay = decoupled ? 0 : now.weight_decay,
                              .step_size = rate * now.lr / (1 - std::pow(beta1, t)),
                              .rectified = rectification(beta2, t),
                              .keep = decoupled ? 1 - rate * now.lr * now.weight_decay : 1};
  };
  update_rows(parameter, step, reach_of(step, options_.eps == 0 ? Reach::all : Reach::touched), memory,
              step_at,
              [](auto* w, const auto* g, const auto& slots, int64_t n, const kernels::RAdamStep& now) {
                kernels::radam_step(w, g, slots[0], slots[1], now, n);
              });
}

}  // namespace lexigrad::optim
