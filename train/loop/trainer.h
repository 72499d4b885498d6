// The loop over batches: forward, backward, step, and the position that a checkpoint keeps.
#pragma once
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "lexigrad/autograd/checks/check_numerics.h"
#include "lexigrad/train/loop/audit.h"
#include "lexigrad/train/loop/feed.h"
#include "lexigrad/train/loop/tally.h"
#include "lexigrad/train/optim/optimizer.h"
#include "lexigrad/train/optim/schedules/schedule.h"

namespace lexigrad::train {

struct TrainerOptions {
  bool check_numerics = false;  ///< in every step: gradients, too, and before they reach the loss; slower
  CheckNumericsOptions numerics = {};
  int64_t accumulate = 1;  ///< batches of a step; their gradients are those of one batch of all their samples
  /// Gradients of the loss's sum, not of its mean: the learning rate is that of one target, as word2vec's is.
  bool sum_gradients = false;
  double clip_value = 0;          ///< of each element of a gradient, before clip_norm; 0: none
  double clip_row = 0;            ///< of each row of a gradient, after clip_value; 0: none
  double clip_norm = 0;           ///< of all gradients together, before a step; 0: none
  optim::Schedule schedule = {};  ///< times the optimizer's learning rate as the trainer found it
};

/// Steps over the batches of a loader. Four batches a step, as one four times as large:
///
///   train::Trainer trainer(loss, adam, loader, {.accumulate = 4});
///   while (trainer.position().epoch < 3) trainer.step();
///
/// Each batch weighs as its targets do, and a step takes the memory of one. Where the end of an epoch cuts a step, it
/// goes on with the first batches of the next.
class Trainer {
 public:
  /// `loss` gives the nn::Loss of a batch of the loader: it takes the batch, or its parts (loss(inputs,
  /// targets)). The optimizer and the loader must outlive the trainer.
  template <class Loss, data::Dataset D>
  Trainer(Loss loss, optim::Optimizer& optimizer, data::DataLoader<D>& loader, TrainerOptions options = {})
      : Trainer(std::make_unique<LoaderFeed<Loss, D>>(std::move(loss), loader), optimizer,
                std::move(options)) {}
  /// Batches and losses of one's own making.
  Trainer(std::unique_ptr<Feed> feed, optim::Optimizer& optimizer, TrainerOptions options = {});

  /// One batch, or TrainerOptions::accumulate of them. Throws NumericsError naming the step, the parameters and the
  /// op at fault, where the loss or a gradient is not finite; parameters and position are then as before.
  void step();
  /// The same, and what the step shows about every parameter.
  Audit audited_step();

  const Position& position() const { return position_; }
  /// Goes on from there; the parameters' and the optimizer's state are the caller's to restore.
  void restore(const Position& position, const Tally& since_log);

  /// Losses since the last call of take_tally().
  const Tally& tally() const { return tally_; }
  Tally take_tally() { return std::exchange(tally_, {}); }

  /// A step, numbered from 1, and its batches.
  struct Step {
    int64_t number = 0;
    std::vector<BatchPlace> batches;
  };
  /// The last step; where it threw NumericsError, with those of its batches alone that may be at fault.
  const Step& last_step() const { return last_; }
  /// The 2-norm of all gradients of the last step as one vector, before clipping.
  double gradient_norm() const { return gradient_norm_; }

  /// Times every learning rate from the next step on, on top of the schedule. Throws unless finite and >= 0.
  void set_lr_factor(double factor);
  double lr_factor() const { return lr_factor_; }

  const optim::Optimizer& optimizer() const { return optimizer_; }
  /// For the step that runs or, between steps, the next.
  CheckNumericsOptions numerics() const;

 private:
  void take_step(Auditor* auditor);
  double collect_gradients(Auditor* auditor);
  nn::Loss forward(int64_t part);
  void backward(const nn::Loss& loss, double weight_before) const;
  std::vector<nn::ParameterRef> with_gradients() const;
  void average_gradients(double weight) const;
  void check_gradients(const Position& before);
  void update();
  /// Other draws for each batch of a step.
  uint64_t draw_step(int64_t part) const {
    return static_cast<uint64_t>(position_.step * options_.accumulate + part) + 1;
  }
  std::optional<CheckNumerics> checks() const;

  std::unique_ptr<Feed> feed_;
  optim::Optimizer& optimizer_;
  TrainerOptions options_;
  double full_lr_, lr_factor_ = 1;
  bool started_ = false;  ///< the feed stands at position_
  Position position_;
  Tally tally_;
  Step last_;
  double gradient_norm_ = 0;
};

}  // namespace lexigrad::train
