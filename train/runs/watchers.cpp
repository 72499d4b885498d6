#include "lexigrad/train/runs/watchers.h"

#include "lexigrad/train/formats/text_lines.h"
#include "lexigrad/train/loop/callbacks/results.h"
#include "lexigrad/train/runs/run_folder.h"

namespace lexigrad::train {
namespace {

template <class... Watcher>
std::vector<Callback*> those_there(std::optional<Watcher>&... each) {
  std::vector<Callback*> out;
  ((each ? out.push_back(&*each) : void()), ...);
  return out;
}

// By which the words can be looked up in the weights.
Metadata words_of(const RunParts& run) {
  Metadata out{{"words", word_lines(word_vectors(*run.text.tokenizer, run.table()).words)}};
  const auto& all = run.optimizer->parameters();
  for (size_t i = 0; i < all.size(); ++i)
    if (all[i].id() == run.objective->table().id()) out["vectors"] = run.optimizer->name(i);
  return out;
}

}  // namespace

Watchers::Watchers(RunParts& run, std::ostream& out, int64_t log_interval) {
  const TrainConfig& config = run.config;
  auto table = [&run] { return run.table(); };
  if (config.strict) strict_.emplace();
  if (config.schedule == optim::kPlateau) plateau_.emplace(optim::plateau_options(config.options));
  if (config.keep_best)
    best_.emplace(out, run.file(kRunBest), run.objective->model(), run.average ? &*run.average : nullptr,
                  words_of(run));
  if (config.patience > 0) early_.emplace(out, config.patience);
  if (config.log_norms) norms_.emplace(log_interval);
  if (config.spikes > 0) spikes_.emplace(config.spikes);
  if (config.table_stats)
    table_.emplace(table, [&run] { return load_vectors(run.file(kRunStartVectors)).rows; });
  if (config.tensorboard)
    board_.emplace(run.folder, log_interval,
                   [&run, table] { return word_vectors(*run.text.tokenizer, table()); });
}

std::vector<Callback*> Watchers::first() { return those_there(strict_); }

std::vector<Callback*> Watchers::behind_evaluate() { return those_there(plateau_, best_, early_); }

std::vector<Callback*> Watchers::before_log() { return those_there(norms_, spikes_, table_); }

std::vector<Callback*> Watchers::behind_log() { return those_there(board_); }

}  // namespace lexigrad::train
