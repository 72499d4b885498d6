#include "lexigrad/train/loop/callback.h"

#include <algorithm>

#include "lexigrad/autograd/base/memory/allocator.h"

namespace lexigrad::train {

namespace {

Tally difference(const Tally& after, const Tally& before) {
  return {after.sum - before.sum, after.weight - before.weight};
}

void take_step(RunState& state) {
  state.validation.reset();
  state.measured.clear();
  state.notes.clear();
  for (Callback* each : state.callbacks) each->before_step(state);
  const Tally before = state.trainer.tally();
  std::optional<Audit> audit;
  if (state.step() == 0) {
    audit = state.trainer.audited_step();
    release_cached_memory();  // what lies between the moments that the step has made is of odd sizes
  } else {
    state.trainer.step();
  }
  state.step_losses = difference(state.trainer.tally(), before);
  if (audit)
    for (Callback* each : state.callbacks) each->audited(state, *audit);
  for (Callback* each : state.callbacks) each->after_step(state);
}

}  // namespace

CallbackState RunState::kept() const {
  CallbackState out;
  for (const Callback* each : callbacks) out.merge(each->state());
  return out;
}

bool train_to(Trainer& trainer, int64_t total, const std::vector<Callback*>& callbacks) {
  RunState state{trainer, total, callbacks};
  for (Callback* each : callbacks) each->begin(state);
  while (state.step() < state.total) {
    take_step(state);
    if (state.stop && state.step() < state.total) return false;
  }
  for (auto each = callbacks.rbegin(); each != callbacks.rend(); ++each) (*each)->end(state);
  return true;
}

int64_t interval_of(int64_t total, int64_t times) { return std::max<int64_t>(1, total / times); }

}  // namespace lexigrad::train
