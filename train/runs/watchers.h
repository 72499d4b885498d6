// The callbacks that a run's options ask for beside those of every run.
#pragma once
#include <iosfwd>
#include <optional>
#include <vector>

#include "lexigrad/train/loop/callbacks/early_stop.h"
#include "lexigrad/train/loop/callbacks/follow_plateau.h"
#include "lexigrad/train/loop/callbacks/keep_best.h"
#include "lexigrad/train/loop/callbacks/measures/norms.h"
#include "lexigrad/train/loop/callbacks/measures/spikes.h"
#include "lexigrad/train/loop/callbacks/measures/table_watch.h"
#include "lexigrad/train/loop/callbacks/strict.h"
#include "lexigrad/train/loop/callbacks/tensorboard.h"
#include "lexigrad/train/runs/parts.h"

namespace lexigrad::train {

/// --strict, --schedule plateau, --keep-best, --patience, --log-norms, --spikes, --table-stats, --tensorboard.
class Watchers {
 public:
  /// `run` must outlive it; `out` gets what some say at the end.
  Watchers(RunParts& run, std::ostream& out, int64_t log_interval);
  Watchers(const Watchers&) = delete;
  Watchers& operator=(const Watchers&) = delete;

  /// The watchers by their places: before all others, right behind Evaluate, right before Log, and behind that.
  std::vector<Callback*> first();
  std::vector<Callback*> behind_evaluate();
  std::vector<Callback*> before_log();
  std::vector<Callback*> behind_log();

 private:
  std::optional<Strict> strict_;
  std::optional<FollowPlateau> plateau_;
  std::optional<KeepBest> best_;
  std::optional<EarlyStop> early_;
  std::optional<Norms> norms_;
  std::optional<Spikes> spikes_;
  std::optional<TableWatch> table_;
  std::optional<TensorBoard> board_;
};

}  // namespace lexigrad::train
