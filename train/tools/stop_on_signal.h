// Ctrl-C and SIGTERM while a run trains.
#pragma once
#include <csignal>

#include "lexigrad/train/loop/callback.h"

namespace lexigrad::tools {

/// Stops the run after its step where SIGINT or SIGTERM comes; a second one ends the process at once.
/// Before the run begins and after its last step a signal does what it did. One object at a time.
class StopOnSignal final : public train::Callback {
 public:
  StopOnSignal() = default;
  StopOnSignal(const StopOnSignal&) = delete;
  StopOnSignal& operator=(const StopOnSignal&) = delete;
  ~StopOnSignal() override;

  void begin(train::RunState& state) override;
  void after_step(train::RunState& state) override;
  /// The signal's number; 0 where none has come.
  int caught() const;

 private:
  void restore();

  struct Handler {
    int signal;
    void (*before)(int);
  } before_[2] = {{SIGINT, SIG_DFL}, {SIGTERM, SIG_DFL}};
  bool installed_ = false;
};

}  // namespace lexigrad::tools
