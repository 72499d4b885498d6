#include "lexigrad/train/loop/callbacks/follow_plateau.h"

#include <cmath>

namespace lexigrad::train {
namespace {

constexpr const char *kShare = "plateau.share", *kLowest = "plateau.lowest", *kBad = "plateau.bad",
                     *kCooling = "plateau.cooling";

}  // namespace

void FollowPlateau::after_step(RunState& state) {
  if (state.validation) state.trainer.set_lr_factor(plateau_.see(*state.validation));
}

CallbackState FollowPlateau::state() const {
  const optim::Plateau::State& s = plateau_.state();
  if (!std::isfinite(s.lowest)) return {};
  return {{kShare, s.share},
          {kLowest, s.lowest},
          {kBad, static_cast<double>(s.bad)},
          {kCooling, static_cast<double>(s.cooling)}};
}

void FollowPlateau::load_state(const CallbackState& state) {
  for (const char* name : {kShare, kLowest, kBad, kCooling})
    if (!state.contains(name)) return;
  plateau_.load_state({.share = state.at(kShare),
                       .lowest = state.at(kLowest),
                       .bad = std::llround(state.at(kBad)),
                       .cooling = std::llround(state.at(kCooling))});
}

}  // namespace lexigrad::train
