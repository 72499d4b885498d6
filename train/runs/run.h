// A whole training run: text in, a run folder out (run_folder.h).
#pragma once
#include <iosfwd>
#include <string>
#include <vector>

#include "lexigrad/train/loop/callback.h"
#include "lexigrad/train/runs/config.h"

namespace lexigrad::train {

/// Trains as `config` says and fills `folder`, which must be new. Progress goes to `progress`, the summary to
/// `out`; `first` are callbacks before the run's own. False where one of them has stopped the run, which is then
/// saved. Throws std::invalid_argument for a bad option or text, FileError for files and a folder into which
/// another process trains, MemoryError where it would take more than `memory` bytes (0: than are there).
bool train(const TrainConfig& config, const std::string& folder, std::ostream& out, std::ostream& progress,
           const std::vector<Callback*>& first = {}, int64_t memory = 0);

/// Goes on with the run in `folder` from its checkpoint (from step 0 where there is none). `config` is what
/// the command line says now: where it contradicts the run's own, apart from steps, epochs, threads and
/// save-every, that is an error.
bool resume(const TrainConfig& config, const std::string& folder, std::ostream& out, std::ostream& progress,
            const std::vector<Callback*>& first = {}, int64_t memory = 0);

/// Checks the options, and sets the number of threads where they name one.
void use_threads(const TrainConfig& config);
/// Throws where `config` contradicts the options of the run in `folder`, as resume() does, or a text of it is gone.
void check_same_options(const TrainConfig& config, const std::string& folder);

/// Says what such a run would take: its steps, its memory by class and, where that is there, its time, by a few
/// steps of a model that is then gone. Writes no file. Throws as train() does.
void plan(const TrainConfig& config, std::ostream& out, std::ostream& progress, int64_t memory = 0);

/// Writes the graph page (graph.h) of one step of the run in `folder`, as its last checkpoint would make it
/// on the first batch; from the first step where there is no checkpoint.
void draw_graph(const std::string& folder, const std::string& file);

}  // namespace lexigrad::train
