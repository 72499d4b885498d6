#include "lexigrad/train/loop/callbacks/measures/spikes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "lexigrad/autograd/base/check.h"

namespace lexigrad::train {
namespace {

constexpr int64_t kFirst = 20;
constexpr double kWeight = 2.0 / 101, kLeastDeviation = 1e-3;
constexpr const char *kMean = "spikes.mean", *kVariance = "spikes.variance", *kSeen = "spikes.seen";

}  // namespace

Spikes::Spikes(double limit) : limit_(limit) {
  check(limit > 0, "spikes", "limit is ", limit, " (valid: > 0)");
}

void Spikes::after_step(RunState& state) {
  if (state.step_losses.weight <= 0) return;
  double loss = state.step_losses.mean();
  double deviation = std::max(std::sqrt(variance_), kLeastDeviation * std::abs(mean_));
  if (double z = (loss - mean_) / deviation; seen_ >= kFirst && z > limit_) {
    state.measured.insert({{"spike/loss", loss}, {"spike/expected", mean_}, {"spike/z", z}});
    state.notes.push_back(fmt::format("spike: step {}, loss {:.4f}, expected {:.4f} (z = {:.1f})",
                                      state.step(), loss, mean_, z));
    loss = mean_ + limit_ * deviation;
  }
  double weight = std::max(kWeight, 1 / static_cast<double>(seen_ + 1)), change = loss - mean_;
  mean_ += weight * change;
  variance_ = (1 - weight) * (variance_ + weight * change * change);
  seen_ = std::min<int64_t>(seen_ + 1, 100);
}

CallbackState Spikes::state() const {
  if (seen_ == 0) return {};
  return {{kMean, mean_}, {kVariance, variance_}, {kSeen, static_cast<double>(seen_)}};
}

void Spikes::load_state(const CallbackState& state) {
  for (const char* name : {kMean, kVariance, kSeen})
    if (!state.contains(name)) return;
  mean_ = state.at(kMean);
  variance_ = state.at(kVariance);
  seen_ = std::llround(state.at(kSeen));
}

}  // namespace lexigrad::train
