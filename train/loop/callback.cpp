#include "lexigrad/train/loop/callback.h"

#include <algorithm>

#include "lexigrad/autograd/base/memory/allocator.h"

namespace lexigrad::train {

bool train_to(Trainer& trainer, int64_t total, const std::vector<Callback*>& callbacks) {
  RunState state{trainer, total};
  for (Callback* each : callbacks) each->begin(state);
  while (state.step() < total) {
    state.validation.reset();
    if (state.step() == 0) {
      Audit audit = trainer.audited_step();
      release_cached_memory();  // what lies between the moments that the step has made is of odd sizes
      for (Callback* each : callbacks) each->audited(state, audit);
    } else {
      trainer.step();
    }
    for (Callback* each : callbacks) each->after_step(state);
    if (state.stop && state.step() < total) return false;
  }
  for (auto each = callbacks.rbegin(); each != callbacks.rend(); ++each) (*each)->end(state);
  return true;
}

int64_t interval_of(int64_t total, int64_t times) { return std::max<int64_t>(1, total / times); }

}  // namespace lexigrad::train
