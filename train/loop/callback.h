// What happens beside the steps of a run: logging, evaluating, saving, showing. A callback of one's own is a
// class derived from Callback.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lexigrad/train/loop/trainer.h"

namespace lexigrad::train {

class Callback;

/// What callbacks keep in a checkpoint, under names that begin with theirs: "early_stop.best".
using CallbackState = std::map<std::string, double>;

/// A run as its callbacks see it, and what they tell those behind them.
struct RunState {
  Trainer& trainer;
  int64_t total;  ///< steps of the whole run; a callback that lowers it to step() makes this step the last
  std::vector<Callback*> callbacks = {};
  std::optional<double> validation = {};  ///< held-out loss after this step, where it was measured
  double loss = 0;                        ///< mean training loss as it was logged last
  Tally step_losses = {};                 ///< of the step's batches
  /// What was measured of this step, by name; Log and TensorBoard, behind those who measure, have it all.
  std::map<std::string, double> measured = {};
  std::vector<std::string> notes = {};  ///< of this step, a line each for who watches; ShowProgress has them
  bool stop = false;                    ///< a callback's wish to end the run after this step

  int64_t step() const { return trainer.position().step; }
  /// True every `interval` steps and at the end.
  bool due(int64_t interval) const { return step() % interval == 0 || step() == total; }
  /// The state of all callbacks.
  CallbackState kept() const;
};

class Callback {
 public:
  virtual ~Callback() = default;
  /// Before the first step of this process; a resumed run stands at a later step than 0.
  virtual void begin(RunState&) {}
  /// After the first step of a run, before after_step().
  virtual void audited(RunState&, const Audit&) {}
  /// RunState::step() steps are done, the parameters are those that the next one finds.
  virtual void before_step(RunState&) {}
  virtual void after_step(RunState&) {}
  /// After the last step; callbacks end in the reverse of their order.
  virtual void end(RunState&) {}

  /// What a resumed run must know to go on as if it had never stopped.
  virtual CallbackState state() const { return {}; }
  /// The state of all callbacks, from which it takes its own; before begin(). What is missing is as at first.
  virtual void load_state(const CallbackState&) {}
};

/// Trains from where the trainer stands to step `total`. Callbacks are called in their order; the first step
/// of a run is audited. False where a callback has set RunState::stop: then no end() is called, and a trainer
/// that goes on from there ends as if it had never stopped.
bool train_to(Trainer& trainer, int64_t total, const std::vector<Callback*>& callbacks);

/// Steps between `times` moments in `total` steps, at least 1.
int64_t interval_of(int64_t total, int64_t times);

}  // namespace lexigrad::train
