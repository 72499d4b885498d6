#include "lexigrad/train/optim/methods/nadam.h"

#include <cmath>
#include <limits>

#include "lexigrad/train/optim/methods/kernels/nadam.h"
#include "lexigrad/train/optim/update_rows.h"

namespace lexigrad::optim {
namespace {

// mu of step t.
double momentum(double beta1, double decay, int64_t t) {
  return beta1 * (1 - 0.5 * std::pow(0.96, static_cast<double>(t) * decay));
}

// mu of steps 1 to t; below 1e-17 the rest would not change what 1 - product is.
double momenta(double beta1, double decay, int64_t t) {
  double product = 1;
  for (int64_t k = 1; k <= t && product > 1e-17; ++k) product *= momentum(beta1, decay, k);
  return product;
}

}  // namespace

NAdam::NAdam(const ParameterGroups& parameters, const NAdamOptions& options)
    : Optimizer("nadam", parameters, {options.lr, options.weight_decay, options.rows}, options.no_decay,
                {"m", "v"}),
      options_(options) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  check_betas(options.betas);
  check_option("eps", options.eps, 0, infinity);
  check_option("momentum_decay", options.momentum_decay, 0, infinity);
}

OptimizerKind NAdam::kind() {
  return kind_of<NAdam, NAdamOptions>("nadam", "adam with nesterov's momentum", 0.003, {"m", "v"});
}

void NAdam::update(const nn::ParameterRef& parameter, const StepOptions& step, Memory& memory) const {
  bool decoupled = options_.decoupled_weight_decay;
  auto step_at = [&](const StepOptions& now, double rate) {
    double beta1 = options_.betas.first, decay = options_.momentum_decay;
    double mu = momentum(beta1, decay, now.number), next = momentum(beta1, decay, now.number + 1);
    double product = momenta(beta1, decay, now.number);
    return kernels::NAdamStep{.beta1 = beta1,
                              .beta2 = options_.betas.second,
                              .eps = options_.eps,
                              .weight_decay = decoupled ? 0 : now.weight_decay,
                              .gradient_size = rate * now.lr * (1 - mu) / (1 - product),
                              .mean_size = rate * now.lr * next / (1 - product * next),
                              .bias2 = 1 - std::pow(options_.betas.second, static_cast<double>(now.number)),
                              .keep = decoupled ? 1 - rate * now.lr * now.weight_decay : 1};
  };
  update_rows(parameter, step, reach_of(step, options_.eps == 0 ? Reach::all : Reach::touched), memory,
              step_at,
              [](auto* w, const auto* g, const auto& slots, int64_t n, const kernels::NAdamStep& now) {
                kernels::nadam_step(w, g, slots[0], slots[1], now, n);
              });
}

}  // namespace lexigrad::optim
