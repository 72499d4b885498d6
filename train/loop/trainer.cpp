#include "lexigrad/train/loop/trainer.h"

#include <cmath>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/tensor/draws.h"
#include "lexigrad/train/loop/not_finite.h"
#include "lexigrad/train/optim/clip.h"

namespace lexigrad::train {

Trainer::Trainer(std::unique_ptr<Feed> feed, optim::Optimizer& optimizer, TrainerOptions options)
    : feed_(std::move(feed)), optimizer_(optimizer), options_(std::move(options)), full_lr_(optimizer.lr()) {
  check(options_.clip_norm >= 0, "train", "clip_norm is ", options_.clip_norm, " (valid: >= 0; 0 is none)");
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

nn::Loss Trainer::forward() {
  if (!std::exchange(started_, true)) feed_->seek(position_.epoch, position_.batch);
  if (feed_->done()) {
    position_.batch = 0;
    feed_->seek(++position_.epoch, 0);
  }
  optimizer_.zero_grad();
  DrawStep draws(draw_step());
  nn::Loss loss = feed_->loss();
  double sum = loss.sum.item<double>();
  if (!std::isfinite(sum))
    fail_not_finite(text("The loss is ", std::abs(sum), " at step ", position_.step + 1), optimizer_,
                    numerics(), [&] {
                      DrawStep again(draw_step());
                      feed_->loss();
                    });
  tally_.sum += sum;
  tally_.weight += loss.weight;
  position_.tokens += loss.count;
  return loss;
}

void Trainer::finish(const nn::Loss& loss) {
  loss.backward();
  if (options_.clip_norm > 0) optim::clip_grad_norm_(optimizer_.parameters(), options_.clip_norm);
  if (options_.schedule) optimizer_.set_lr(full_lr_ * options_.schedule(position_.step));
  optimizer_.step();
  ++position_.step;
  ++position_.batch;
  feed_->advance();
}

void Trainer::step() {
  std::optional<CheckNumerics> check = checks();
  finish(forward());
}

Audit Trainer::audited_step() {
  std::optional<CheckNumerics> check = checks();
  Auditor auditor(optimizer_);
  nn::Loss loss = forward();
  auditor.see(loss.sum);
  finish(loss);
  return auditor.finish();
}

}  // namespace lexigrad::train
