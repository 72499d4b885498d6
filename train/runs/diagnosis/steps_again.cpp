#include "lexigrad/train/runs/diagnosis/steps_again.h"

#include "lexigrad/train/runs/steps.h"

namespace lexigrad::train {

// In the order of take_steps().
StepsAgain::StepsAgain(RunParts& run) : state_{run.trainer, run.total} {
  auto add = [&](Callback& callback) { state_.callbacks.push_back(&callback); };
  optim::WeightAverage* averaged = run.average ? &*run.average : nullptr;
  if (run.ngrams) add(table_.emplace(*run.ngrams, run.config.ngram_lr, make_schedule(run.config, run.total)));
  if (averaged) add(average_.emplace(*averaged, run.config.swa));
  if (run.config.schedule == optim::kPlateau) {
    add(*(evaluate_ = evaluation_of(run)));
    add(plateau_.emplace(optim::plateau_options(run.config.options)));
    plateau_->load_state(run.callbacks);
    plateau_->begin(state_);
  }
}

void StepsAgain::step() {
  state_.validation.reset();
  state_.trainer.step();
  for (Callback* each : state_.callbacks) each->after_step(state_);
}

}  // namespace lexigrad::train
