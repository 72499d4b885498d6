#include "lexigrad/train/loop/callbacks/log.h"

#include "lexigrad/train/loop/run_log.h"

namespace lexigrad::train {

void Log::begin(RunState& state) {
  if (state.step() == 0) {
    cut_log(path_, -1);
    write(state);
    return;
  }
  cut_log(path_, state.step());
  if (auto log = read_log(path_); !log.empty()) seconds_before_ = log.back().seconds;
}

void Log::after_step(RunState& state) {
  if (state.due(interval_) || state.validation) write(state);
}

void Log::write(RunState& state) {
  const Position& at = state.trainer.position();
  std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start_;
  LogEntry entry{.step = at.step,
                 .epoch = at.epoch,
                 .tokens = at.tokens,
                 .loss = {},
                 .validation = state.validation,
                 .lr = state.trainer.optimizer().lr(),
                 .seconds = seconds_before_ + seconds.count(),
                 .cosines = {}};
  if (state.trainer.tally().weight > 0) entry.loss = state.loss = state.trainer.take_tally().mean();
  if (cosines_) entry.cosines = cosines_();
  append_log(path_, entry);
}

}  // namespace lexigrad::train
