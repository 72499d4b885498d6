// Steps whose loss is far above what the last ones were.
#pragma once
#include "lexigrad/train/loop/callback.h"

namespace lexigrad::train {

/// Before a Log: a step whose loss is more than `limit` deviations above a running mean has a line in
/// RunState::notes and "spike/loss", "spike/expected" and "spike/z" measured. Mean and variance are exponential
/// averages that weigh a step 2 / 101, as a window of the last 100 does, equal ones of all steps before; a spike is
/// taken into them as a loss at the limit. Nothing is a spike in the first 20 steps; a deviation below a thousandth
/// of the mean counts as that.
class Spikes final : public Callback {
 public:
  /// Throws unless limit > 0.
  explicit Spikes(double limit = 6);

  void after_step(RunState& state) override;
  CallbackState state() const override;
  void load_state(const CallbackState& state) override;

 private:
  double limit_, mean_ = 0, variance_ = 0;
  int64_t seen_ = 0;  ///< losses, counted as far as the weight of one depends on it
};

}  // namespace lexigrad::train
