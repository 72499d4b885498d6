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
}

double Evaluate::measure(const optim::Optimizer& optimizer) {
  optim::CaughtUp caught_up(optimizer);
  std::optional<optim::AveragedWeights> averaged;
  if (average_) averaged.emplace(*average_);
  feed_->seek(0, 0);
  return detail::tally_rest(*feed_).mean();
}

}  // namespace lexigrad::train
