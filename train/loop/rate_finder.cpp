#include "lexigrad/train/loop/rate_finder.h"

#include <algorithm>
#include <cmath>

#include "lexigrad/autograd/base/check.h"

namespace lexigrad::train {
namespace {

constexpr size_t kFirst = 10;  // steps whose mean is of too few losses
constexpr double kDiverged = 4;

}  // namespace

size_t RateCurve::lowest() const {
  size_t first = std::min(kFirst, smoothed.size()) - 1;
  return static_cast<size_t>(
      std::min_element(smoothed.begin() + static_cast<std::ptrdiff_t>(first), smoothed.end()) -
      smoothed.begin());
}

size_t RateCurve::steepest() const {
  size_t end = lowest(), best = std::min(kFirst, end);
  double most = 0;
  for (size_t i = kFirst; i < end; ++i) {
    double fall = (smoothed[i - 1] - smoothed[i + 1]) / std::log(rates[i + 1] / rates[i - 1]);
    if (fall > most) most = fall, best = i;
  }
  return best;
}

bool RateCurve::falls() const {
  return smoothed.size() > kFirst && smoothed[lowest()] < 0.99 * smoothed[kFirst - 1];
}

RateCurve find_rates(Trainer& trainer, const RateFinderOptions& o) {
  check(o.lowest > 0 && o.lowest < o.highest && std::isfinite(o.highest), "find_rates", "The rates are from ",
        o.lowest, " to ", o.highest, " (valid: 0 < lowest < highest)");
  check(o.steps >= static_cast<int64_t>(kFirst), "find_rates", "steps is ", o.steps, " (valid: >= ", kFirst,
        ")");
  check(o.smoothing >= 0 && o.smoothing < 1, "find_rates", "smoothing is ", o.smoothing,
        " (valid: >= 0 and < 1)");
  RateCurve out;
  const double full = trainer.optimizer().lr();
  check(full > 0, "find_rates", "The optimizer's learning rate is 0. Hint: any other will do");
  double sum = 0, weight = 0, lowest = 0;
  for (int64_t step = 0; step < o.steps && !out.diverged; ++step) {
    double rate = o.lowest * std::pow(o.highest / o.lowest,
                                      static_cast<double>(step) / static_cast<double>(o.steps - 1));
    trainer.set_lr_factor(rate / full);
    trainer.take_tally();
    try {
      trainer.step();
    } catch (const NumericsError&) {
      out.diverged = true;
      break;
    }
    double loss = trainer.tally().mean();
    sum = o.smoothing * sum + (1 - o.smoothing) * loss;
    weight = o.smoothing * weight + (1 - o.smoothing);
    out.rates.push_back(rate);
    out.losses.push_back(loss);
    out.smoothed.push_back(sum / weight);
    lowest = step == 0 ? out.smoothed[0] : std::min(lowest, out.smoothed.back());
    out.diverged = out.smoothed.back() > kDiverged * lowest && step + 1 < o.steps;
  }
  check(!out.rates.empty(), "find_rates",
        "The first loss is not finite. Hint: --check-numerics names the op");
  return out;
}

}  // namespace lexigrad::train
