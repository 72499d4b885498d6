#include "lexigrad/train/runs/run.h"

#include <filesystem>
#include <map>
#include <optional>
#include <ostream>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/train/loop/callbacks/log.h"
#include "lexigrad/train/loop/callbacks/picture.h"
#include "lexigrad/train/loop/callbacks/progress.h"
#include "lexigrad/train/loop/callbacks/results.h"
#include "lexigrad/train/loop/callbacks/save.h"
#include "lexigrad/train/pictures/graph.h"
#include "lexigrad/train/runs/parts.h"
#include "lexigrad/train/runs/run_folder.h"
#include "lexigrad/train/runs/summary.h"
#include "lexigrad/train/vectors/neighbors.h"

namespace lexigrad::train {
namespace {

constexpr int64_t kLogLines = 200, kEvaluations = 20, kSaves = 10, kPlainLines = 20;  // in a whole run

// What was saved last is there, whatever the run came to.
[[noreturn]] void fail_with_checkpoint(const NumericsError& error, const std::string& folder) {
  std::string kept = has_checkpoint(folder)
                         ? text("The last checkpoint, ", path_in(folder, kCheckpointFile), " of step ",
                                read_checkpoint(folder).position.step, ", is intact")
                         : "There is no checkpoint yet";
  fail_training(text(error.message(), ". ", kept, "; start again with a smaller --lr and another --out"));
}

void train_with_callbacks(RunParts& run, std::ostream& out, std::ostream& progress) {
  auto table = [&run] { return Tensor(run.model.token().weight()); };
  auto cosines = [&run, table] {
    std::map<std::string, double> all;
    for (const WatchedPair& w : run.watched) all[w.name] = cosine(table(), w.a, w.b);
    return all;
  };
  int64_t total = run.total, save_every = run.config.save_every;
  std::optional<Entropies> to_beat;
  std::optional<Evaluate> evaluate;
  if (run.held_out) {
    to_beat = entropies(run.text.training, run.text.held_out, run.text.tokenizer->vocabulary_size());
    evaluate.emplace(run.loss, *run.held_out, run.model, interval_of(total, kEvaluations), run.numerics);
  }
  Results results(out, {run.file(kRunStartVectors), run.file(kRunVectors)}, *run.text.tokenizer, table,
                  run.occurrences, run.watched);
  Summary summary(out, run, evaluate ? &*evaluate : nullptr, to_beat);
  Log log(run.file(kRunLog), interval_of(total, kLogLines), cosines);
  Picture picture(run.file(kRunPicture), run.file(kRunLog), to_beat);
  Checkpoint constant;
  constant.config = config_json(numbers_of(run.config));
  constant.text_sum = run.text.sum;
  constant.machine = machine_name();
  constant.order = run.loader.order();
  Save save(run.folder, save_every > 0 ? save_every : interval_of(total, kSaves), run.model, *run.optimizer,
            constant);
  ShowProgress show(progress, interval_of(total, kPlainLines));
  std::vector<Callback*> callbacks{&results, &summary};
  if (evaluate) callbacks.push_back(&*evaluate);
  callbacks.insert(callbacks.end(), {&log, &picture, &save, &show});
  try {
    train_to(run.trainer, total, callbacks);
  } catch (const NumericsError& error) { fail_with_checkpoint(error, run.folder); }
  out << text("\nIn ", run.folder, ": ", kRunVectors, ", ", kRunPicture, " (the picture), ", kRunLog, ", ",
              kCheckpointFile, ", ", kRunConfig, "\nNext:  lexigrad neighbors ", run.folder,
              " WORD      lexigrad convert ", run.folder, " vectors.vec\n");
}

void use_threads(const TrainConfig& config) {
  config.check();
  if (config.threads > 0) set_num_threads(static_cast<int>(config.threads));
}

void check_texts(const TrainConfig& config, const std::string& folder) {
  std::error_code error;
  for (const std::string& path : text_paths(config))
    if (path != "-" && std::filesystem::status(path, error).type() == std::filesystem::file_type::not_found)
      fail_file(
          "train",
          text("The run's text is not there any more: No such file. Hint: say where it is now, lexigrad "
               "train TEXT --resume --out ",
               folder),
          path);
}

void start(RunParts& run, std::ostream& out, std::ostream& progress) {
  write_config(run.folder, run.config);
  run.text.tokenizer->save(run.file(kRunTokenizer));
  train_with_callbacks(run, out, progress);
}

void go_on(RunParts& run, std::ostream& out, std::ostream& progress) {
  Checkpoint found = run.load();
  if (found.position.step >= run.total) {
    out << "The run in " << run.folder << " is complete: " << found.position.step << " steps.\n";
    return;
  }
  if (found.machine != machine_name())
    out << "note: the checkpoint was made with " << found.machine << ", this is " << machine_name()
        << ": last bits may differ\n";
  if (config_json(read_config(run.folder)) != config_json(run.config))
    write_config(run.folder, run.config);  // a longer run, other threads
  train_with_callbacks(run, out, progress);
}

}  // namespace

void draw_graph(const std::string& folder, const std::string& file) {
  RunParts run(read_config(folder), folder);
  int64_t step = has_checkpoint(folder) ? run.load().position.step : 0;
  run.loader.seek(0, 0);
  auto [inputs, targets] = *run.loader.begin();
  GraphTrace trace;
  write_graph_html(
      run.model.loss(inputs, targets).mean(), file,
      {.title = text(folder, " at step ", step), .parameters = run.model.parameters(), .trace = &trace});
}

void train(const TrainConfig& config, const std::string& folder, std::ostream& out, std::ostream& progress) {
  use_threads(config);
  if (is_run(folder))
    fail_file("train", "There is a run already. Hint: --resume goes on with it; or give another --out",
              folder);
  if (!is_free(folder))
    fail_file("train", "The run folder exists and is not empty. Hint: give another --out", folder);
  RunParts run(config, folder);
  make_run_folder(folder);
  start(run, out, progress);
}

void resume(const TrainConfig& config, const std::string& folder, std::ostream& out, std::ostream& progress) {
  use_threads(config);
  if (!is_run(folder)) {
    if (!is_free(folder))
      fail_file("train", "This is not a run folder: it has no config.json. Hint: give another --out", folder);
    return train(config, folder, out, progress);
  }
  TrainConfig before = read_config(folder);
  before.text = config.text;  // may have moved: its checksum decides
  std::string differing = contradictions(config, before);
  check(differing.empty(), "train", "This contradicts the run in ", folder, ": ", differing,
        ". Hint: leave it out to resume, or give a new --out");
  check_texts(config, folder);
  RunParts run(config, folder);
  if (has_checkpoint(folder))
    go_on(run, out, progress);
  else
    start(run, out, progress);
}

}  // namespace lexigrad::train
