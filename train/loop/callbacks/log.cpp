#include "lexigrad/train/loop/callbacks/log.h"

#include "lexigrad/autograd/base/memory/process_memory.h"
#include "lexigrad/train/loop/run_log.h"

namespace lexigrad::train {

void Log::begin(RunState& state) {
  last_tokens_ = state.trainer.position().tokens;
  if (state.step() == 0) {
    cut_log(path_, -1);
    write(state);
    return;
  }
  cut_log(path_, state.step());
  if (auto log = read_log(path_); !log.empty()) seconds_before_ = log.back().seconds;
}

void Log::after_step(RunState& state) {
  if (state.due(interval_) || state.validation || !state.measured.empty()) write(state);
}

void Log::write(RunState& state) {
  const Position& at = state.trainer.position();
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  ProcessMemory memory = process_memory();
  LogEntry entry{.step = at.step,
                 .epoch = at.epoch,
                 .tokens = at.tokens,
                 .loss = {},
                 .validation = state.validation,
                 .lr = state.trainer.optimizer().lr(),
                 .seconds = seconds_before_ + seconds,
                 .cosines = {},
                 .measured = state.measured,
                 .resident_bytes = static_cast<double>(memory.resident),
                 .peak_bytes = static_cast<double>(memory.peak)};
  if (at.tokens > last_tokens_ && seconds > last_seconds_)
    entry.tokens_per_second = static_cast<double>(at.tokens - last_tokens_) / (seconds - last_seconds_);
  last_tokens_ = at.tokens;
  last_seconds_ = seconds;
  if (state.trainer.tally().weight > 0) entry.loss = state.loss = state.trainer.take_tally().mean();
  if (cosines_) entry.cosines = cosines_();
  append_log(path_, entry);
}

}  // namespace lexigrad::train
