#include "lexigrad/train/runs/steps.h"

#include <map>
#include <optional>
#include <ostream>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/train/loop/callbacks/average.h"
#include "lexigrad/train/loop/callbacks/log.h"
#include "lexigrad/train/loop/callbacks/picture.h"
#include "lexigrad/train/loop/callbacks/progress.h"
#include "lexigrad/train/loop/callbacks/results.h"
#include "lexigrad/train/loop/callbacks/save.h"
#include "lexigrad/train/loop/callbacks/table.h"
#include "lexigrad/train/loop/callbacks/waiting.h"
#include "lexigrad/train/runs/diagnosis/not_finite_run.h"
#include "lexigrad/train/runs/run_folder.h"
#include "lexigrad/train/runs/summary.h"
#include "lexigrad/train/runs/watchers.h"
#include "lexigrad/train/vectors/neighbors.h"

namespace lexigrad::train {
namespace {

constexpr int64_t kLogLines = 200, kSaves = 10, kPlainLines = 20;  // in a whole run

std::map<std::string, double> cosines_of(const RunParts& run) {
  std::map<std::string, double> all;
  for (const WatchedPair& w : run.watched) all[w.name] = cosine(run.table(), w.a, w.b);
  return all;
}

// What all checkpoints of a run have alike.
Checkpoint constant_of(const RunParts& run) {
  Checkpoint out;
  out.config = config_json(numbers_of(run.config));
  out.text_sum = run.text.sum;
  out.machine = machine_name();
  out.order = run.objective->sampler().order();
  return out;
}

bool train_with_callbacks(RunParts& run, const Audience& to) {
  auto table = [&run] { return run.table(); };
  optim::WeightAverage* averaged = run.average ? &*run.average : nullptr;
  int64_t total = run.total,
          save_every = run.config.save_every > 0 ? run.config.save_every : interval_of(total, kSaves);
  WaitForFirstStep wait(to.progress);
  ShowProgress show(to.progress, interval_of(total, kPlainLines));
  const Yardsticks yardsticks(*run.objective);
  const std::unique_ptr<Evaluate> evaluate = evaluation_of(run);
  const VectorPaths vectors{run.file(kRunStartVectors), run.file(kRunVectors)};
  SaveVectors save_vectors(vectors, *run.text.tokenizer, table);
  Results results(to.out, vectors.start, *run.text.tokenizer, table, run.occurrences, run.watched);
  Summary summary(to.out, run, evaluate.get(), yardsticks);
  const int64_t log_interval = interval_of(total, kLogLines);
  Log log(run.file(kRunLog), log_interval, [&run] { return cosines_of(run); });
  Watchers watchers(run, to.out, log_interval);
  Picture picture(run.file(kRunPicture), run.file(kRunLog), run.objective->unit(), yardsticks.all);
  Save save(run.folder, save_every, run.objective->model(), *run.optimizer, constant_of(run), averaged,
            run.config.keep);
  std::optional<Average> average;
  std::vector<Callback*> callbacks = watchers.first();
  auto add = [&](const std::vector<Callback*>& more) {
    callbacks.insert(callbacks.end(), more.begin(), more.end());
  };
  std::optional<StepTable> step_table;
  std::optional<CommitTable> commit_table;
  if (run.ngrams) {
    add({&step_table.emplace(*run.ngrams, run.config.ngram_lr, make_schedule(run.config, total))});
    commit_table.emplace(*run.ngrams, save_every);
  }
  if (averaged) callbacks.push_back(&average.emplace(*averaged, run.config.swa));
  add(to.first);
  add({&results, &summary, &wait});
  if (evaluate) add({evaluate.get()});
  add(watchers.behind_evaluate());
  add({&save_vectors});
  add(watchers.before_log());
  add({&log});
  add(watchers.behind_log());
  add({&picture});
  if (commit_table) add({&*commit_table});
  add({&save, &show});
  remove_not_finite(run);
  for (Callback* each : callbacks) each->load_state(run.callbacks);
  try {
    return train_to(run.trainer, total, callbacks);
  } catch (const NumericsError& error) { fail_not_finite_run(error, run); }
}

}  // namespace

std::unique_ptr<Evaluate> evaluation_of(RunParts& run) {
  const std::vector<HeldOut>& parts = run.objective->held_out();
  if (parts.empty()) return nullptr;
  auto out = std::make_unique<Evaluate>(run.objective->model(), interval_of(run.total, kEvaluations),
                                        run.numerics, run.average ? &*run.average : nullptr);
  for (size_t i = 0; i < parts.size(); ++i)
    out->add(run.objective->held_out_feed(i), parts[i].share, run.text.corpora[parts[i].corpus].name);
  return out;
}

bool take_steps(RunParts& run, const Audience& to) {
  bool complete = train_with_callbacks(run, to);
  std::string folder = data::visible(run.folder);
  if (run.ngrams)
    to.out << text("\nn-grams  ", run.ngrams->rows_read(), " rows read from ", kRunNgrams, ", ",
                   run.ngrams->waited_for(), " waited for",
                   run.average ? "; they are in no average, which would take the memory of all" : "", "\n");
  if (complete)
    to.out << text("\nIn ", folder, ": ", kRunVectors, ", ", kRunPicture, " (the picture), ", kRunLog, ", ",
                   kCheckpointFile, ", ", kRunConfig, "\nNext:  lexigrad neighbors ", folder,
                   " WORD      lexigrad convert ", folder, " vectors.vec\n");
  else
    to.progress << text("Stopped after step ", run.trainer.position().step, " of ", run.total,
                        ", which is saved. To go on:  lexigrad train --resume --out ", folder, "\n");
  return complete;
}

}  // namespace lexigrad::train
