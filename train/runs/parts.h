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
#include "lexigrad/train/runs/objectives/objective.h"
#include "lexigrad/train/runs/run_text.h"
#include "lexigrad/train/tables/scratch_folder.h"

namespace lexigrad::train {

struct RunParts {
  TrainConfig config;
  std::string folder;
  RunText text;
  std::vector<int64_t> occurrences;  ///< of each id in the training tokens as they are mixed
  std::vector<WatchedPair> watched;
  std::optional<ScratchFolder> scratch;  ///< of rewind()
  std::shared_ptr<PagedTable> ngrams;    ///< those that lie in a file, without rows until make() or load()
  std::unique_ptr<Objective> objective;
  std::unique_ptr<optim::Optimizer> optimizer;
  std::optional<optim::WeightAverage> average;  ///< where --ema or --swa asks for one
  CheckNumericsOptions numerics;
  int64_t total;  ///< steps
  Trainer trainer;
  CallbackState callbacks = {};  ///< as the checkpoint had it

  /// Reads the text and makes the rest; nothing is written. Throws for options that do not fit the text, and
  /// MemoryError, before the model is made, where the run takes more than `memory` bytes (0: than are there);
  /// where --recompute alone makes it fit, `config` has it.
  RunParts(const TrainConfig& options, std::string path, int64_t memory = 0);
  /// The same for a text that was read as `options` say.
  RunParts(const TrainConfig& options, std::string path, RunText read, int64_t memory);
  RunParts(const RunParts&) = delete;
  RunParts& operator=(const RunParts&) = delete;

  /// Batches of an epoch.
  int64_t batches() const { return objective->sampler().size(); }
  /// The run's vectors, averaged where there is an average, all rows caught up.
  Tensor table() const;
  /// Path of one of the folder's files.
  std::string file(const char* name) const;
  /// Makes what lies in files from the first step on.
  void make_files();
  /// Brings back the folder's checkpoint. Throws FileError where that is of another text or other options.
  Checkpoint load();
  /// Brings parts that were just made to the newest of the folder's checkpoints that is of step `step` or before;
  /// where there is none, to the start. Rows in a file are a copy then. Throws as load() does.
  void rewind(int64_t step);

 private:
  Tensor as_it_stands(const Tensor& parameter) const;
  void open_copy(int64_t step);
};

}  // namespace lexigrad::train
