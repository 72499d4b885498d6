// A run's parts together, as its options make them.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lexigrad/train/loop/callbacks/results.h"
#include "lexigrad/train/loop/checkpoint.h"
#include "lexigrad/train/loop/trainer.h"
#include "lexigrad/train/runs/make.h"

namespace lexigrad::train {

struct RunParts {
  TrainConfig config;
  std::string folder;
  RunText text;
  std::vector<int64_t> occurrences;  ///< of each id in the training tokens
  NextTokenLoader loader;
  std::optional<NextTokenLoader> held_out;  ///< where the held-out tokens fill a window
  std::vector<WatchedPair> watched;
  nn::NextTokenModel model;
  std::unique_ptr<optim::Optimizer> optimizer;
  std::optional<optim::WeightAverage> average;  ///< where --ema asks for one
  LossFunction loss;
  CheckNumericsOptions numerics;
  int64_t total;  ///< steps
  Trainer trainer;

  /// Reads the text and makes the rest; nothing is written. Throws for options that do not fit the text, and
  /// MemoryError, before the model is made, where the run takes more than `memory` bytes (0: than are there).
  RunParts(const TrainConfig& options, std::string path, int64_t memory = 0);
  /// The same for a text that was read as `options` say.
  RunParts(const TrainConfig& options, std::string path, RunText read, int64_t memory);
  RunParts(const RunParts&) = delete;
  RunParts& operator=(const RunParts&) = delete;

  /// The table of tokens, averaged where there is an average.
  Tensor table() const;
  /// Path of one of the folder's files.
  std::string file(const char* name) const;
  /// Brings back the folder's checkpoint. Throws FileError where that is of another text or other options.
  Checkpoint load();
};

}  // namespace lexigrad::train
