// Where a run stands, and sums of its losses.
#pragma once
#include <cstdint>

namespace lexigrad::train {

/// `batch` batches of epoch `epoch` have been consumed after `step` steps and `tokens` targets in all.
struct Position {
  int64_t step = 0, epoch = 0, batch = 0, tokens = 0;
};

/// One batch of an epoch.
struct BatchPlace {
  int64_t epoch = 0, batch = 0;
};

/// A sum of losses and of their weights (one for each target, but for class weights), in double.
struct Tally {
  double sum = 0, weight = 0;
  double mean() const { return weight == 0 ? 0 : sum / weight; }
};

}  // namespace lexigrad::train
