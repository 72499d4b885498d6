#include "lexigrad/train/loop/callbacks/early_stop.h"

#include <fmt/format.h>

#include <cmath>
#include <ostream>

#include "lexigrad/autograd/base/check.h"

namespace lexigrad::train {
namespace {

constexpr const char *kLowest = "early_stop.lowest", *kWaited = "early_stop.waited";

}  // namespace

EarlyStop::EarlyStop(std::ostream& out, int64_t patience, double min_delta)
    : out_(out), patience_(patience), min_delta_(min_delta) {
  check(patience >= 1, "early_stop", "patience is ", patience, " (valid: >= 1)");
  check(min_delta >= 0 && std::isfinite(min_delta), "early_stop", "min_delta is ", min_delta,
        " (valid: finite, >= 0)");
}

void EarlyStop::begin(RunState& state) { after_step(state); }

void EarlyStop::after_step(RunState& state) {
  if (state.validation) {
    bool lower = !lowest_ || *state.validation < *lowest_ - min_delta_;
    waited_ = lower ? 0 : waited_ + 1;
    if (lower) lowest_ = state.validation;
  }
  if (waited_ >= patience_) state.total = state.step();
}

void EarlyStop::end(RunState& state) {
  if (waited_ >= patience_)
    out_ << fmt::format("stopped early after step {}: {} evaluation{} without a held-out loss below {:.4f}\n",
                        state.step(), waited_, waited_ == 1 ? "" : "s", *lowest_ - min_delta_);
}

CallbackState EarlyStop::state() const {
  if (!lowest_) return {};
  return {{kLowest, *lowest_}, {kWaited, static_cast<double>(waited_)}};
}

void EarlyStop::load_state(const CallbackState& state) {
  auto lowest = state.find(kLowest), waited = state.find(kWaited);
  if (lowest == state.end() || waited == state.end()) return;
  lowest_ = lowest->second;
  waited_ = std::llround(waited->second);
}

bool EarlyStop::has_ended(const CallbackState& state, int64_t patience) {
  auto waited = state.find(kWaited);
  return patience > 0 && waited != state.end() && waited->second >= static_cast<double>(patience);
}

}  // namespace lexigrad::train
