// The held-out loss, measured now and then.
#pragma once
#include <memory>
#include <utility>

#include "lexigrad/autograd/checks/check_numerics.h"
#include "lexigrad/nn/module.h"
#include "lexigrad/train/loop/callback.h"
#include "lexigrad/train/optim/weight_average.h"

namespace lexigrad::train {

/// Puts the mean loss over a loader into RunState::validation: before the first step of a run and every
/// `interval` steps, the model in its evaluation mode and, where there is an average of its weights, with that.
/// Throws NumericsError where it is not finite.
class Evaluate final : public Callback {
 public:
  /// Model, loader and average must outlive it.
  template <class Loss, data::Dataset D>
  Evaluate(Loss loss, data::DataLoader<D>& loader, nn::Module& model, int64_t interval,
           CheckNumericsOptions numerics = {}, optim::WeightAverage* average = nullptr)
      : feed_(std::make_unique<LoaderFeed<Loss, D>>(std::move(loss), loader)),
        model_(model),
        interval_(interval),
        numerics_(std::move(numerics)),
        average_(average) {}

  void begin(RunState& state) override;
  void after_step(RunState& state) override;
  /// The loss that was measured last.
  double last() const { return last_; }

 private:
  double measure(const optim::Optimizer& optimizer);

  std::unique_ptr<Feed> feed_;
  nn::Module& model_;
  int64_t interval_;
  CheckNumericsOptions numerics_;
  optim::WeightAverage* average_;
  double last_ = 0;
};

}  // namespace lexigrad::train
