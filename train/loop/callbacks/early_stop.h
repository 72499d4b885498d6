// Ends a run whose held-out loss no longer falls.
#pragma once
#include <iosfwd>
#include <optional>

#include "lexigrad/train/loop/callback.h"

namespace lexigrad::train {

/// Behind an Evaluate, and before what is to see the last step as such: makes a step the last of the run where
/// `patience` evaluations in a row were not below the lowest loss minus `min_delta`, and says so to `out` at the
/// end. The run is then complete.
class EarlyStop final : public Callback {
 public:
  /// Throws unless patience >= 1 and min_delta >= 0 and finite.
  EarlyStop(std::ostream& out, int64_t patience, double min_delta = 0);

  void begin(RunState& state) override;
  void after_step(RunState& state) override;
  void end(RunState& state) override;
  CallbackState state() const override;
  void load_state(const CallbackState& state) override;

  /// True of the state of a run that ended so.
  static bool has_ended(const CallbackState& state, int64_t patience);

 private:
  std::ostream& out_;
  int64_t patience_, waited_ = 0;  ///< waited_: evaluations since the lowest
  double min_delta_;
  std::optional<double> lowest_;
};

}  // namespace lexigrad::train
