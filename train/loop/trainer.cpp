#include "lexigrad/train/loop/trainer.h"

#include <cmath>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/tensor/draws.h"
#include "lexigrad/train/loop/not_finite.h"
#include "lexigrad/train/optim/clip.h"

namespace lexigrad::train {

Trainer::Trainer(std::unique_ptr<Feed> feed, optim::Optimizer& optimizer, TrainerOptions options)
    : feed_(std::move(feed)), optimizer_(optimizer), options_(std::move(options)), full_lr_(optimizer.lr()) {
  check(options_.clip_value >= 0, "train", "clip_value is ", options_.clip_value,
        " (valid: >= 0; 0 is none)");
  check(options_.clip_norm >= 0, "train", "clip_norm is ", options_.clip_norm, " (valid: >= 0; 0 is none)");
  check(options_.accumulate >= 1, "train", "accumulate is ", options_.accumulate, " (valid: >= 1)");
}

CheckNumericsOptions Trainer::numerics() const {
  CheckNumericsOptions options = options_.numerics;
  options.step = position_.step + 1;
  return options;
}

std::optional<CheckNumerics> Trainer::checks() const {
  if (!options_.check_numerics) return {};
  return std::optional<CheckNumerics>(std::in_place, numerics());
}

void Trainer::restore(const Position& position, const Tally& since_log) {
  position_ = position;
  tally_ = since_log;
  started_ = false;
}

nn::Loss Trainer::forward(int64_t part) {
  if (!std::exchange(started_, true)) feed_->seek(position_.epoch, position_.batch);
  if (feed_->done()) {
    position_.batch = 0;
    feed_->seek(++position_.epoch, 0);
  }
  DrawStep draws(draw_step(part));
  nn::Loss loss = feed_->loss();
  double sum = loss.sum.item<double>();
  if (!std::isfinite(sum))
    fail_not_finite(text("The loss is ", std::abs(sum), " at step ", position_.step + 1), optimizer_,
                    numerics(), [&] {
                      DrawStep again(draw_step(part));
                      feed_->loss();
                    });
  tally_.sum += sum;
  tally_.weight += loss.weight;
  position_.tokens += loss.count;
  return loss;
}

// Sums, which update() divides. A batch of no weight counts where there are only such, but its rows are touched.
void Trainer::backward(const nn::Loss& loss, double weight_before) const {
  if (options_.accumulate == 1) return loss.backward();
  if (weight_before == 0 && loss.weight > 0) optim::scale_grads_(optimizer_.parameters(), 0);
  (weight_before > 0 && loss.weight == 0 ? loss.sum * 0 : loss.sum).backward();
}

void Trainer::update(double weight) {
  const auto& parameters = optimizer_.parameters();
  if (auto parts = static_cast<double>(options_.accumulate); parts > 1)
    optim::scale_grads_(parameters, 1 / (weight > 0 ? weight : parts));
  if (options_.clip_value > 0) optim::clip_grad_value_(parameters, options_.clip_value);
  if (options_.clip_norm > 0) optim::clip_grad_norm_(parameters, options_.clip_norm);
  if (options_.schedule) optimizer_.set_lr(full_lr_ * options_.schedule(position_.step));
  optimizer_.step();
  ++position_.step;
}

void Trainer::take_step(Auditor* auditor) {
  std::optional<CheckNumerics> check = checks();
  const Position position = position_;
  const Tally tally = tally_;
  try {
    optimizer_.zero_grad();
    double weight = 0;
    for (int64_t part = 0; part < options_.accumulate; ++part) {
      nn::Loss loss = forward(part);
      if (auditor && part == 0) auditor->see(loss.sum);
      backward(loss, weight);
      weight += loss.weight;
      ++position_.batch;
      feed_->advance();
    }
    update(weight);
  } catch (...) {
    restore(position, tally);
    throw;
  }
}

void Trainer::step() { take_step(nullptr); }

Audit Trainer::audited_step() {
  Auditor auditor(optimizer_);
  take_step(&auditor);
  return auditor.finish();
}

}  // namespace lexigrad::train
