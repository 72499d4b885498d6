// The loss over learning rates that grow from step to step (Smith 2017, "Cyclical learning rates", section 3.3).
#pragma once
#include <cstdint>
#include <vector>

#include "lexigrad/train/loop/trainer.h"

namespace lexigrad::train {

struct RateFinderOptions {
  double lowest = 1e-7, highest = 10;  ///< 0 < lowest < highest
  int64_t steps = 200;                 ///< from the lowest to the highest rate; >= 10
  double smoothing = 0.9;              ///< what the running mean of losses keeps in a step; 0..1, without 1
};

/// A step a row: its rate, its loss, and the running mean of the losses up to it.
struct RateCurve {
  std::vector<double> rates, losses, smoothed;
  bool diverged =
      false;  ///< a loss was not finite, or the mean four times the lowest, before the highest rate

  /// The step where the mean is lowest.
  size_t lowest() const;
  /// The step, before the lowest, where the mean falls fastest over the logarithm of the rate.
  size_t steepest() const;
  /// True where the mean has fallen by a hundredth of what it was at the tenth step, or more: only then the
  /// others say something.
  bool falls() const;
};

/// Takes steps with `trainer`, at rates that grow by one factor, and ends where the loss diverges. The trainer's
/// schedule is to be empty; it and its model are then of no use for anything else. Throws for invalid options.
RateCurve find_rates(Trainer& trainer, const RateFinderOptions& options = {});

}  // namespace lexigrad::train
