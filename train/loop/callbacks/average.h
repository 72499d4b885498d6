// An average of the weights, taken while a run goes on.
#pragma once
#include "lexigrad/train/loop/callback.h"
#include "lexigrad/train/optim/weight_average.h"

namespace lexigrad::train {

/// Updates a WeightAverage after each step from step `from` on. Evaluate and Save, behind it, take the same one.
class Average final : public Callback {
 public:
  /// `average` must outlive it.
  explicit Average(optim::WeightAverage& average, int64_t from = 1) : average_(average), from_(from) {}
  void after_step(RunState& state) override {
    if (state.step() >= from_) average_.update();
  }

 private:
  optim::WeightAverage& average_;
  int64_t from_;
};

}  // namespace lexigrad::train
