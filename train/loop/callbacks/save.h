// Checkpoints, now and then.
#pragma once
#include <string>
#include <utility>

#include "lexigrad/train/loop/callback.h"
#include "lexigrad/train/loop/checkpoint.h"

namespace lexigrad::train {

/// Writes FOLDER's checkpoint every `interval` steps and where a callback before it stops the run, and keeps the
/// last `keep` of them under names of their own (keep_checkpoint). Callbacks whose state is in it stand before it.
/// Throws NumericsError, keeping the one before, where a parameter is not finite.
class Save final : public Callback {
 public:
  /// `run` says what does not change: config, text, machine, order of samples. Model, optimizer
  /// and average must outlive it.
  Save(std::string folder, int64_t interval, const nn::Module& model, const optim::Optimizer& optimizer,
       Checkpoint run, const optim::WeightAverage* average = nullptr, int64_t keep = 0)
      : folder_(std::move(folder)),
        interval_(interval),
        model_(model),
        optimizer_(optimizer),
        run_(std::move(run)),
        average_(average),
        keep_(keep) {}

  void begin(RunState& state) override;
  void after_step(RunState& state) override;

 private:
  std::string folder_;
  int64_t interval_;
  const nn::Module& model_;
  const optim::Optimizer& optimizer_;
  Checkpoint run_;
  const optim::WeightAverage* average_;
  int64_t keep_;
};

}  // namespace lexigrad::train
