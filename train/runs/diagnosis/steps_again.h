// Steps of a run made again, with all that decides them and nothing that is written.
#pragma once
#include <memory>
#include <optional>

#include "lexigrad/train/loop/callbacks/average.h"
#include "lexigrad/train/loop/callbacks/evaluate.h"
#include "lexigrad/train/loop/callbacks/follow_plateau.h"
#include "lexigrad/train/loop/callbacks/table.h"
#include "lexigrad/train/runs/parts.h"

namespace lexigrad::train {

/// Beside the trainer's steps: rows in a file, the average of the weights, and evaluations where a plateau follows them.
class StepsAgain {
 public:
  /// From where run.rewind() has left it; the run must outlive it.
  explicit StepsAgain(RunParts& run);
  StepsAgain(const StepsAgain&) = delete;
  StepsAgain& operator=(const StepsAgain&) = delete;

  /// The next step. Throws as Trainer::step() does, and it is not made then.
  void step();

 private:
  RunState state_;
  std::optional<StepTable> table_;
  std::optional<Average> average_;
  std::unique_ptr<Evaluate> evaluate_;
  std::optional<FollowPlateau> plateau_;
};

}  // namespace lexigrad::train
