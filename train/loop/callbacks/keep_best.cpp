#include "lexigrad/train/loop/callbacks/keep_best.h"

#include <fmt/format.h>

#include <cmath>
#include <ostream>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/train/formats/module_file.h"

namespace lexigrad::train {
namespace {

constexpr const char *kStep = "keep_best.step", *kValidation = "keep_best.validation";

}  // namespace

void KeepBest::after_step(RunState& state) {
  if (!state.validation || (best_ && *state.validation >= best_->validation)) return;
  best_ = {state.step(), *state.validation};
  optim::CaughtUp caught_up(state.trainer.optimizer());
  std::optional<optim::AveragedWeights> averaged;
  if (average_) averaged.emplace(*average_);
  Metadata metadata = metadata_;
  metadata["step"] = text(best_->step);
  metadata["validation"] = text(best_->validation);
  save_module(path_, model_, metadata);
}

void KeepBest::end(RunState&) {
  if (best_)
    out_ << fmt::format("best    held-out loss {:.4f} after step {}: its weights are {}\n", best_->validation,
                        best_->step, data::visible(path_));
}

CallbackState KeepBest::state() const {
  if (!best_) return {};
  return {{kStep, static_cast<double>(best_->step)}, {kValidation, best_->validation}};
}

void KeepBest::load_state(const CallbackState& state) {
  auto step = state.find(kStep), validation = state.find(kValidation);
  if (step != state.end() && validation != state.end())
    best_ = {std::llround(step->second), validation->second};
}

}  // namespace lexigrad::train
