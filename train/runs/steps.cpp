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
#include "lexigrad/train/loop/callbacks/waiting.h"
#include "lexigrad/train/runs/run_folder.h"
#include "lexigrad/train/runs/summary.h"
#include "lexigrad/train/vectors/neighbors.h"

namespace lexigrad::train {
namespace {

constexpr int64_t kLogLines = 200, kSaves = 10, kPlainLines = 20;  // in a whole run

// What was saved last is there, whatever the run came to.
[[noreturn]] void fail_with_checkpoint(const NumericsError& error, const std::string& folder) {
  std::string kept = has_checkpoint(folder)
                         ? text("The last checkpoint, ", path_in(folder, kCheckpointFile), " of step ",
                                read_checkpoint(folder).position.step, ", is intact")
                         : "There is no checkpoint yet";
  fail_training(text(error.message(), ". ", kept, "; start again with a smaller --lr and another --out"));
}

bool train_with_callbacks(RunParts& run, const Audience& to) {
  auto table = [&run] { return run.table(); };
  optim::WeightAverage* averaged = run.average ? &*run.average : nullptr;
  auto cosines = [&run, table] {
    std::map<std::string, double> all;
    for (const WatchedPair& w : run.watched) all[w.name] = cosine(table(), w.a, w.b);
    return all;
  };
  int64_t total = run.total, save_every = run.config.save_every;
  WaitForFirstStep wait(to.progress);
  ShowProgress show(to.progress, interval_of(total, kPlainLines));
  std::optional<Entropies> to_beat;
  std::optional<Evaluate> evaluate;
  if (run.held_out) {
    to_beat = entropies(run.text.training, run.text.held_out, run.text.tokenizer->vocabulary_size());
    evaluate.emplace(run.loss, *run.held_out, run.model, interval_of(total, kEvaluations), run.numerics,
                     averaged);
  }
  Results results(to.out, {run.file(kRunStartVectors), run.file(kRunVectors)}, *run.text.tokenizer, table,
                  run.occurrences, run.watched);
  Summary summary(to.out, run, evaluate ? &*evaluate : nullptr, to_beat);
  Log log(run.file(kRunLog), interval_of(total, kLogLines), cosines);
  Picture picture(run.file(kRunPicture), run.file(kRunLog), to_beat);
  Checkpoint constant;
  constant.config = config_json(numbers_of(run.config));
  constant.text_sum = run.text.sum;
  constant.machine = machine_name();
  constant.order = run.loader.order();
  Save save(run.folder, save_every > 0 ? save_every : interval_of(total, kSaves), run.model, *run.optimizer,
            constant, averaged);
  std::optional<Average> average;
  std::vector<Callback*> callbacks;
  if (averaged) callbacks.push_back(&average.emplace(*averaged));
  callbacks.insert(callbacks.end(), to.first.begin(), to.first.end());
  callbacks.insert(callbacks.end(), {&results, &summary, &wait});
  if (evaluate) callbacks.push_back(&*evaluate);
  callbacks.insert(callbacks.end(), {&log, &picture, &save, &show});
  try {
    return train_to(run.trainer, total, callbacks);
  } catch (const NumericsError& error) { fail_with_checkpoint(error, run.folder); }
}

}  // namespace

bool take_steps(RunParts& run, const Audience& to) {
  bool complete = train_with_callbacks(run, to);
  std::string folder = data::visible(run.folder);
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
