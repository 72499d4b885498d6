#include "lexigrad/train/optim/methods/adam.h"

#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "lexigrad/train/optim/methods/kernels/adam.h"
#include "lexigrad/train/optim/update_rows.h"

namespace lexigrad::optim {
namespace {

SlotKinds slots_of(const AdamOptions& options) {
  SlotKinds out = {"m", "v"};
  if (options.amsgrad) out.push_back("v_max");
  return out;
}

struct Node {
  double weight, y;
};

// Gauss's two nodes for weights of these moments (0 to 3); one where the weights are at one place.
std::array<Node, 2> gauss(const IdleSums::Each& moments) {
  if (moments[0] <= 0) return {};
  double mean = moments[1] / moments[0], second = moments[2] / moments[0], third = moments[3] / moments[0];
  double variance = second - mean * mean;
  if (variance <= 1e-12 * mean * mean) return {{{moments[0], mean}, {0, 0}}};
  double skew = (third - mean * (3 * second - 2 * mean * mean)) / variance;
  double half = std::sqrt(skew * skew / 4 + variance), low = mean + skew / 2 - half, high = low + 2 * half;
  double share = (mean - low) / (2 * half);
  return {{{moments[0] * (1 - share), low}, {moments[0] * share, high}}};
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

// Over steps without gradient m and v shrink to shares b1 and b2 of themselves each, so that for
// y_j = sqrt(1 - b2^j) / b2^((j - t) / 2) a row moves by
//   m sum_j a_j y_j / (sqrt(v) + eps y_j),  a_j = lr_j b1^(j - t) / (1 - b1^j).
// That is done for two y in the place of all y_j, Gauss's for the weights a_j y_j: exact for polynomials of degree 3.
bool Adam::add_idle_steps(const StepOptions& step, Memory& memory) const {
  auto [beta1, beta2] = options_.betas;
  bool nonlinear = decays_ == Decays::gradient && step.weight_decay != 0;
  if (step.rows != Rows::lazy_exact || nonlinear || options_.amsgrad || options_.eps == 0 || beta2 == 0)
    return false;
  double root = std::sqrt(beta2);
  IdleSums::Each ratios = {beta1 / root, beta1 / beta2, beta1 / (beta2 * root), beta1 / (beta2 * beta2)};
  if (!IdleSums::converge(ratios)) return false;
  LateRows& late = memory.late;
  if (late.sums.steps() == 0) late.sums = IdleSums(ratios);
  for (int64_t j = late.sums.steps(); j < memory.steps; ++j) {
    double lr = late.rates[static_cast<size_t>(j)], number = static_cast<double>(j + 1),
           y = std::sqrt(1 - std::pow(beta2, number)), c = lr / (1 - std::pow(beta1, number)) * y;
    late.sums.add(1 - lr * step.weight_decay, {c, c * y, c * y * y, c * y * y * y});
  }
  return late.sums.hold();
}

void Adam::update(const nn::ParameterRef& parameter, const StepOptions& step, Memory& memory) const {
  bool sparse = step.rows == Rows::lazy && parameter.row_grad() != nullptr;
  bool decoupled = decays_ == Decays::weight;
  auto [beta1, beta2] = options_.betas;
  double sign = options_.maximize ? -1 : 1;
  auto step_at = [&](const StepOptions& now, double rate) {
    kernels::AdamStep out = kernels::adam_step_at(options_.betas, options_.eps, now.lr, now.number);
    if (sparse) out.step_size *= std::exchange(out.bias2_correction, 1);
    out.step_size *= sign * rate;
    out.weight_decay = decoupled ? 0 : sign * now.weight_decay;
    out.keep = decoupled ? 1 - rate * now.lr * now.weight_decay : 1;
    return out;
  };
  auto move = [](auto* w, const auto* g, const auto& slots, int64_t n, const kernels::AdamStep& now) {
    kernels::adam_step(w, g, slots[0], slots[1], slots.count > 2 ? slots[2] : nullptr, now, n);
  };
  // A number with g = m = v = 0 stays as it is unless it decays; with eps 0 it becomes 0 / 0, as in PyTorch.
  Reach reach = reach_of(step, options_.eps == 0 ? Reach::all : Reach::touched);
  if (!add_idle_steps(step, memory)) return update_rows(parameter, step, reach, memory, step_at, move);
  const IdleSums& sums = memory.late.sums;
  auto skip = [&, beta1 = beta1, beta2 = beta2](auto* w, const auto& slots, int64_t n, int64_t stands_at,
                                                double rate) {
    if (step.weight_decay != 0 && rate != 1) return false;
    auto [low, high] = gauss(sums.sum(stands_at));
    double missed = static_cast<double>(memory.steps - stands_at);
    kernels::adam_rest(w, slots[0], slots[1],
                       {.keep = sums.keep(stands_at),
                        .size = {sign * rate * low.weight, sign * rate * high.weight},
                        .eps = {options_.eps * low.y, options_.eps * high.y},
                        .m = std::pow(beta1, missed),
                        .v = std::pow(beta2, missed)},
                       n);
    return true;
  };
  update_rows(parameter, step, reach, memory, step_at, move, skip);
}

}  // namespace lexigrad::optim
