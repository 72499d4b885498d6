#include "lexigrad/train/loop/callbacks/save.h"

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/train/loop/not_finite.h"

namespace lexigrad::train {

// A process may have ended between a checkpoint and its second name.
void Save::begin(RunState& state) {
  if (keep_ > 0 && state.step() > 0) keep_checkpoint(folder_, state.step(), keep_);
}

void Save::after_step(RunState& state) {
  if (!state.due(interval_) && !state.stop) return;
  if (std::string names = not_finite(optimizer_); !names.empty())
    fail_numerics(
        text("Not finite after step ", state.step(), ": ", names, ". Hint: --check-numerics names the op"));
  run_.position = state.trainer.position();
  run_.since_log = state.trainer.tally();
  run_.callbacks = state.kept();
  save_checkpoint(folder_, run_, model_, optimizer_, average_);
  if (keep_ > 0) keep_checkpoint(folder_, state.step(), keep_);
}

}  // namespace lexigrad::train
