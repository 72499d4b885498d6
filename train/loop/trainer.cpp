#include "lexigrad/train/loop/trainer.h"

#include <cmath>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/tensor/draws.h"
#include "lexigrad/train/loop/not_finite.h"
#include "lexigrad/train/optim/clip.h"

namespace lexigrad::train {
namespace {

constexpr const char* kElsewhere = "rows in a file";

}  // namespace

Trainer::Trainer(std::unique_ptr<Feed> feed, optim::Optimizer& optimizer, TrainerOptions options)
    : feed_(std::move(feed)), optimizer_(optimizer), options_(std::move(options)), full_lr_(optimizer.lr()) {
  check(options_.clip_value >= 0, "train", "clip_value is ", options_.clip_value,
        " (valid: >= 0; 0 is none)");
  check(options_.clip_row >= 0, "train", "clip_row is ", options_.clip_row, " (valid: >= 0; 0 is none)");
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

void Trainer::set_lr_factor(double factor) {
  check(factor >= 0 && std::isfinite(factor), "train", "the learning rate's factor is ", factor,
        " (valid: finite, >= 0)");
  lr_factor_ = factor;
}

nn::Loss Trainer::forward(int64_t part) {
  if (!std::exchange(started_, true)) feed_->seek(position_.epoch, position_.batch);
  if (feed_->done()) {
    position_.batch = 0;
    feed_->seek(++position_.epoch, 0);
  }
  last_.batches = {{position_.epoch, position_.batch}};
  DrawStep draws(draw_step(part));
  nn::Loss loss = feed_->loss();
  double sum = loss.sum.item<double>();
  if (!std::isfinite(sum))
    fail_not_finite(text("The loss is ", std::abs(sum), " at step ", last_.number), optimizer_, numerics(),
                    [&] {
                      DrawStep again(draw_step(part));
                      feed_->loss();
                    });
  tally_.sum += sum;
  tally_.weight += loss.weight;
  position_.tokens += loss.count;
  return loss;
}

// Sums, which average_gradients() divides. A batch of no weight counts where there are only such; its rows stay.
void Trainer::backward(const nn::Loss& loss, double weight_before) const {
  if (options_.sum_gradients) return loss.sum.backward();
  if (options_.accumulate == 1) return loss.backward();
  if (weight_before == 0 && loss.weight > 0) optim::scale_grads_(optimizer_.parameters(), 0);
  (weight_before > 0 && loss.weight == 0 ? loss.sum * 0 : loss.sum).backward();
}

// Runs all batches of a step; returns the weight of their losses.
double Trainer::collect_gradients(Auditor* auditor) {
  optimizer_.zero_grad();
  std::vector<BatchPlace> batches;
  double weight = 0;
  for (int64_t part = 0; part < options_.accumulate; ++part) {
    nn::Loss loss = forward(part);
    if (auditor && part == 0) auditor->see(loss.sum, feed_->moved_elsewhere());
    backward(loss, weight);
    weight += loss.weight;
    batches.push_back({position_.epoch, position_.batch++});
    feed_->advance();
  }
  last_.batches = std::move(batches);
  return weight;
}

// The optimizer's parameters, and what another moves by its gradients.
std::vector<nn::ParameterRef> Trainer::with_gradients() const {
  std::vector<nn::ParameterRef> out = optimizer_.parameters();
  for (const Tensor& leaf : feed_->moved_elsewhere()) out.push_back({leaf, kElsewhere});
  return out;
}

void Trainer::average_gradients(double weight) const {
  if (auto parts = static_cast<double>(options_.accumulate); parts > 1 && !options_.sum_gradients)
    optim::scale_grads_(with_gradients(), 1 / (weight > 0 ? weight : parts));
}

// The norm reads each gradient once; it may be infinite where no element is.
void Trainer::check_gradients(const Position& before) {
  gradient_norm_ = optim::grad_norm(with_gradients());
  if (std::isfinite(gradient_norm_)) return;
  std::string names = not_finite_gradients(optimizer_);
  for (const Tensor& leaf : feed_->moved_elsewhere())
    if (!has_finite_gradient(leaf)) names += text(names.empty() ? "" : ", ", kElsewhere);
  if (names.empty()) return;
  fail_not_finite(text("The gradient is not finite at step ", last_.number, ": that of ", names), optimizer_,
                  numerics(), [&] {
                    restore(before, tally_);
                    collect_gradients(nullptr);
                  });
}

void Trainer::update() {
  const std::vector<nn::ParameterRef> parameters = with_gradients();
  if (options_.clip_value > 0) optim::clip_grad_value_(parameters, options_.clip_value);
  if (options_.clip_row > 0) optim::clip_grad_rows_(parameters, options_.clip_row);
  if (options_.clip_norm > 0) {
    double norm =
        options_.clip_value > 0 || options_.clip_row > 0 ? optim::grad_norm(parameters) : gradient_norm_;
    optim::clip_grad_norm_(parameters, options_.clip_norm, norm);
  }
  if (options_.schedule || lr_factor_ != 1) {
    double share = options_.schedule ? options_.schedule(position_.step) : 1;
    optimizer_.set_lr(full_lr_ * share * lr_factor_);
  }
  optimizer_.step();
  ++position_.step;
}

void Trainer::take_step(Auditor* auditor) {
  std::optional<CheckNumerics> check = checks();
  const Position position = position_;
  const Tally tally = tally_;
  last_.number = position.step + 1;
  try {
    average_gradients(collect_gradients(auditor));
    check_gradients(position);
    update();
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
