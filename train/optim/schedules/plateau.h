// A learning rate that falls where the held-out loss does not: torch's ReduceLROnPlateau.
#pragma once
#include <cstdint>
#include <limits>

#include "lexigrad/autograd/base/options.h"

namespace lexigrad::optim {

struct PlateauOptions {
  double factor = 0.1;      ///< times the rate at a plateau; 0..1, without 1
  int64_t patience = 10;    ///< losses in a row without improvement that are let pass; >= 0
  double threshold = 1e-4;  ///< what a loss must improve by; >= 0
  bool relative = true;     ///< to the lowest: below lowest (1 - threshold); else below lowest - threshold
  int64_t cooldown = 0;     ///< losses after a reduction that do not count as bad; >= 0
  double end = 0;           ///< the least share of the full rate; 0..1
  double epsilon = 1e-8;    ///< smaller reductions of the share are not made; >= 0
};

/// Shares of the full learning rate by the losses seen so far: a state, as no schedule is (schedule.h). In the
/// steps of torch.optim.lr_scheduler.ReduceLROnPlateau for a loss, with the rate 1.
class Plateau {
 public:
  /// All that the next share depends on beside the options.
  struct State {
    double share = 1, lowest = std::numeric_limits<double>::infinity();
    int64_t bad = 0, cooling = 0;  ///< losses without improvement; losses of the cool-down that are left
  };

  /// Throws where an option is not valid.
  explicit Plateau(const PlateauOptions& options = {});
  /// Takes a loss in and returns the share from here on.
  double see(double loss);
  const State& state() const { return state_; }
  void load_state(const State& state) { state_ = state; }

 private:
  PlateauOptions options_;
  State state_;
};

/// The row of schedules() for which a run follows a Plateau.
inline constexpr const char* kPlateau = "plateau";
/// What the row of schedules() makes of a run's options: its share is 1 in every step, for the losses
/// are a Plateau's to see.
PlateauOptions plateau_options(const OptionValues& options);

}  // namespace lexigrad::optim
