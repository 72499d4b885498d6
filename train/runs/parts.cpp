#include "lexigrad/train/runs/parts.h"

#include <algorithm>
#include <utility>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/train/optim/schedules/plateau.h"
#include "lexigrad/train/runs/mix_weights.h"
#include "lexigrad/train/runs/plan/changes.h"
#include "lexigrad/train/runs/run_folder.h"
#include "lexigrad/train/runs/start_vectors.h"

namespace lexigrad::train {
namespace {

std::vector<WatchedPair> watched_pairs(const TrainConfig& config, const data::Tokenizer& tokenizer) {
  std::vector<WatchedPair> out;
  for (const std::string& pair : config.watch) {
    size_t colon = pair.find(':');
    out.push_back({pair, tokenizer.id_of(pair.substr(0, colon)), tokenizer.id_of(pair.substr(colon + 1))});
  }
  return out;
}

void check_same_run(const RunParts& run, const Checkpoint& checkpoint) {
  if (checkpoint.text_sum != run.text.sum)
    fail_file("train",
              "This text is not the one that the run was trained on. Hint: put the old text back, or give a "
              "new --out",
              run.config.text);
  TrainConfig begun = parse_config(checkpoint.config, run.file(kCheckpointFile));
  begun = with_values_used(begun, run.batches());
  begun.text = run.config.text;  // may have moved
  if (std::string differing = contradictions(run.config, begun); !differing.empty())
    fail_file("train",
              text("The checkpoint was made with other options: ", differing, ". Hint: put them back"),
              run.file(kRunConfig));
}

// What reads the held-out loss needs one.
void check_evaluations(const RunParts& run) {
  const TrainConfig& c = run.config;
  const char* flag = c.patience > 0                  ? "--patience"
                     : c.keep_best                   ? "--keep-best"
                     : c.table_stats                 ? "--table-stats"
                     : c.schedule == optim::kPlateau ? "--schedule plateau"
                                                     : nullptr;
  check(flag == nullptr || !run.objective->held_out().empty(), "train", flag ? flag : "",
        " needs a held-out loss, but the share of --validation, ", c.validation,
        ", does not fill one window of --context. Hint: a larger --validation");
}

// `config` as it fits into `memory`, without another result.
const TrainConfig& fit(TrainConfig& config, const RunText& text, const std::vector<int64_t>& occurrences,
                       int64_t memory) {
  TextSizes sizes = sizes_of(text, occurrences);
  double limit = memory_limit(plan_of(config, sizes), memory);
  config = fitted(config, sizes, limit);
  check_plan(config, sizes, limit);
  return config;
}

std::unique_ptr<Objective> objective_of(RunParts& run, int64_t memory) {
  const ObjectiveKind& kind = objectives().at(run.config.objective);
  return kind.make(fit(run.config, run.text, run.occurrences, memory), run.text, run.occurrences, run.ngrams);
}

}  // namespace

RunParts::RunParts(const TrainConfig& options, std::string path, int64_t memory)
    : RunParts(options, std::move(path), read_run_text(options), memory) {}

RunParts::RunParts(const TrainConfig& options, std::string path, RunText read, int64_t memory)
    : config(options),
      folder(std::move(path)),
      text(std::move(read)),
      occurrences(text.occurrences(mix_weights(config))),
      ngrams(make_ngram_table(config)),
      objective(objective_of(*this, memory)),
      optimizer(make_optimizer(config, objective->model())),
      numerics{.token_text = [this](int64_t id) { return text.tokenizer->token_text(id); }},
      total(with_values_used(config, batches()).steps),
      trainer(objective->feed(), *optimizer,
              {.check_numerics = config.check_numerics,
               .numerics = numerics,
               .accumulate = config.accumulate,
               .sum_gradients = objectives().at(config.objective).sums,
               .clip_value = config.clip_value,
               .clip_row = config.clip_row,
               .clip_norm = config.clip_norm,
               .schedule = make_schedule(config, total)}) {
  config = with_values_used(config, batches());
  check_evaluations(*this);
  if (config.ema > 0) average = optim::WeightAverage::ema(objective->model().parameters(), config.ema);
  if (config.swa > 0) average = optim::WeightAverage::mean(objective->model().parameters());
  watched = watched_pairs(config, *text.tokenizer);
}

Tensor RunParts::table() const {
  NoGrad off;
  Tensor sum;
  for (const Tensor& each : objective->shown_tables())
    sum = sum.defined() ? sum + as_it_stands(each) : as_it_stands(each);
  return sum;
}

Tensor RunParts::as_it_stands(const Tensor& parameter) const {
  bool averaged = average && average->updates() > 0;
  const auto& all = averaged ? average->parameters() : optimizer->parameters();
  auto at = std::find_if(all.begin(), all.end(), [&](const Tensor& p) { return p.id() == parameter.id(); });
  auto i = static_cast<size_t>(at - all.begin());
  return averaged ? average->average(i) : optimizer->caught_up(i);
}

std::string RunParts::file(const char* name) const { return path_in(folder, name); }

void RunParts::make_files() {
  if (ngrams) ngrams->make(file(kRunNgrams));
}

Checkpoint RunParts::load() {
  Checkpoint found = load_checkpoint(
      folder, objective->model(), *optimizer, [this](const Checkpoint& c) { check_same_run(*this, c); },
      average ? &*average : nullptr);
  objective->set_order(found.order);
  if (ngrams) ngrams->open(file(kRunNgrams), found.position.step);
  trainer.restore(found.position, found.since_log);
  callbacks = found.callbacks;
  return found;
}

void RunParts::rewind(int64_t step) {
  const std::vector<int64_t> commits =
      ngrams ? PagedTable::commits(file(kRunNgrams)) : std::vector<int64_t>();
  if (ngrams) scratch.emplace();
  for (const KeptCheckpoint& kept : kept_checkpoints(folder)) {
    check_same_run(*this, kept.checkpoint);
    objective->set_order(kept.checkpoint.order);
    int64_t at = kept.checkpoint.position.step;
    if (at > step || (ngrams && !std::binary_search(commits.begin(), commits.end(), at))) continue;
    load_checkpoint_file(kept.path, objective->model(), *optimizer, {}, average ? &*average : nullptr);
    if (ngrams) open_copy(at);
    trainer.restore(kept.checkpoint.position, kept.checkpoint.since_log);
    callbacks = kept.checkpoint.callbacks;
    return;
  }
  if (ngrams) ngrams->make(path_in(scratch->path(), kRunNgrams));
  if (!config.vectors.empty()) start_from(config.vectors, text.tokenizer->vocabulary(), objective->table());
}

// The run's own stay as they are. None but this process may move them meanwhile.
void RunParts::open_copy(int64_t step) {
  const std::string copy = path_in(scratch->path(), kRunNgrams);
  RunLock lock(folder);
  PagedTable::copy(file(kRunNgrams), copy);
  ngrams->open(copy, step);
}

}  // namespace lexigrad::train
