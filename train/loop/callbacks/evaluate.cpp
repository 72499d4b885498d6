#include "lexigrad/train/loop/callbacks/evaluate.h"

#include <cmath>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/train/loop/evaluate.h"
#include "lexigrad/train/loop/not_finite.h"

namespace lexigrad::train {

void Evaluate::begin(RunState& state) {
  if (state.step() == 0) after_step(state);
}

void Evaluate::after_step(RunState& state) {
  if (!state.due(interval_)) return;
  model_.eval();
  last_ = measure(state.trainer.optimizer());
  model_.train();
  if (!std::isfinite(last_))
    fail_not_finite(text("The held-out loss is ", std::abs(last_), " after step ", state.step()),
                    state.trainer.optimizer(), numerics_, [&] { measure(state.trainer.optimizer()); });
  state.validation = last_;
  for (const Part& each : parts_)
    if (!each.name.empty()) state.measured["held_out/" + each.name] = each.last;
}

double Evaluate::measure(const optim::Optimizer& optimizer) {
  optim::CaughtUp caught_up(optimizer);
  std::optional<optim::AveragedWeights> averaged;
  if (average_) averaged.emplace(*average_);
  double sum = 0;
  for (Part& each : parts_) {
    each.feed->seek(0, 0);
    each.last = detail::tally_rest(*each.feed).mean();
    sum += each.share * each.last;
  }
  return sum;
}

}  // namespace lexigrad::train
