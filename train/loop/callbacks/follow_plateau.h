// The learning rate by the held-out loss.
#pragma once
#include "lexigrad/train/loop/callback.h"
#include "lexigrad/train/optim/schedules/plateau.h"

namespace lexigrad::train {

/// Behind an Evaluate and before a Save: shows a Plateau each held-out loss after a step, and multiplies the
/// trainer's learning rates by its share.
class FollowPlateau final : public Callback {
 public:
  explicit FollowPlateau(const optim::PlateauOptions& options = {}) : plateau_(options) {}

  void begin(RunState& state) override { state.trainer.set_lr_factor(plateau_.state().share); }
  void after_step(RunState& state) override;
  CallbackState state() const override;
  void load_state(const CallbackState& state) override;

 private:
  optim::Plateau plateau_;
};

}  // namespace lexigrad::train
