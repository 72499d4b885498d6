// An average of the weights, taken while a run goes on.
#pragma once
#include "lexigrad/train/loop/callback.h"
#include "lexigrad/train/optim/weight_average.h"

namespace lexigrad::train {

/// Updates a WeightAverage after each step. Evaluate and Save, behind it, take the same one.
class Average final : public Callback {
 public:
  /// `average` must outlive it.
  explicit Average(optim::WeightAverage& average) : average_(average) {}
  void after_step(RunState&) override { average_.update(); }

 private:
  optim::WeightAverage& average_;
};

}  // namespace lexigrad::train
