#include "lexigrad/train/runs/run.h"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <ostream>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/memory/available_memory.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/train/loop/callbacks/early_stop.h"
#include "lexigrad/train/loop/callbacks/waiting.h"
#include "lexigrad/train/pictures/graph.h"
#include "lexigrad/train/runs/mix_weights.h"
#include "lexigrad/train/runs/plan/changes.h"
#include "lexigrad/train/runs/plan/plan_text.h"
#include "lexigrad/train/runs/plan/probe.h"
#include "lexigrad/train/runs/run_folder.h"
#include "lexigrad/train/runs/start_vectors.h"
#include "lexigrad/train/runs/steps.h"

namespace lexigrad::train {
namespace {

constexpr const char* kRecomputes =
    "memory  --recompute is taken to fit: the same result in less memory, a forward pass more a step\n";

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

bool start(RunParts& run, const Audience& to) {
  write_config(run.folder, run.config);
  run.text.tokenizer->save(run.file(kRunTokenizer));
  run.make_files();
  try {
    return take_steps(run, to);
  } catch (...) {
    if (run.config.strict && run.trainer.position().step == 1 && !has_checkpoint(run.folder))
      remove_unsaved_run(run.folder);
    throw;
  }
}

bool go_on(RunParts& run, const Audience& to) {
  Checkpoint found = run.load();
  if (found.position.step >= run.total || EarlyStop::has_ended(found.callbacks, run.config.patience)) {
    to.out << "The run in " << data::visible(run.folder) << " is complete: " << found.position.step
           << " steps.\n";
    return true;
  }
  if (found.machine != machine_name())
    to.out << "note: the checkpoint was made with " << found.machine << ", this is " << machine_name()
           << ": last bits may differ\n";
  write_config(run.folder, run.config);  // a longer run, other threads
  return take_steps(run, to);
}

void check_new(const std::string& folder) {
  if (is_run(folder))
    fail_file("train", "There is a run already. Hint: --resume goes on with it; or give another --out",
              folder);
  if (!is_free(folder))
    fail_file("train", "The run folder exists and is not empty. Hint: give another --out", folder);
}

// The text is in memory while it is tokenized.
void check_room(const TrainConfig& config, int64_t memory) {
  double bytes = 0, room = static_cast<double>(memory > 0 ? memory : available_memory());
  std::error_code error;
  for (const std::string& path : text_paths(config)) {
    auto size = static_cast<double>(std::filesystem::file_size(path, error));
    if (!error) bytes += size;
  }
  if (bytes > room)
    fail_memory("memory", text("The text alone has ", static_cast<int64_t>(bytes), " bytes, ",
                               static_cast<int64_t>(room), " are there. Hint: train on a part of it"));
}

// The parts of a run, which take a while to make. Those of a `fresh` one start from --vectors.
std::unique_ptr<RunParts> make_parts(const TrainConfig& config, const std::string& folder, bool fresh,
                                     const Audience& to, int64_t memory) {
  check_room(config, memory);
  Waiting waiting(to.progress, "reading " + shown_paths(config));
  auto run = std::make_unique<RunParts>(config, folder, memory);
  if (run->config.recompute && !config.recompute) to.out << kRecomputes;
  if (!fresh || config.vectors.empty()) return run;
  int64_t taken = start_from(config.vectors, run->text.tokenizer->vocabulary(), run->objective->table());
  to.out << text("start   ", taken, " of ", run->text.tokenizer->vocabulary_size(), " vectors from ",
                 data::visible(config.vectors), "\n");
  return run;
}

// The lock looks whether the folder is still there before anything is written into it.
std::vector<Callback*> behind(RunLock& lock, const std::vector<Callback*>& first) {
  std::vector<Callback*> all{&lock};
  all.insert(all.end(), first.begin(), first.end());
  return all;
}

}  // namespace

void draw_graph(const std::string& folder, const std::string& file) {
  RunParts run(read_config(folder), folder);
  std::optional<RunLock> lock;
  if (run.ngrams) lock.emplace(folder);  // its rows go back to the checkpoint
  int64_t step = has_checkpoint(folder) ? run.load().position.step : 0;
  const std::unique_ptr<Feed> batch = run.objective->feed();
  batch->seek(0, 0);
  GraphTrace trace;
  write_graph_html(batch->loss().mean(), file,
                   {.title = text(folder, " at step ", step),
                    .parameters = run.objective->model().parameters(),
                    .trace = &trace});
}

bool train(const TrainConfig& config, const std::string& folder, std::ostream& out, std::ostream& progress,
           const std::vector<Callback*>& first, int64_t memory) {
  const Audience to{out, progress, first};
  use_threads(config);
  check_new(folder);
  std::unique_ptr<RunParts> run = make_parts(config, folder, true, to, memory);
  make_run_folder(folder);
  RunLock lock(folder);
  check_new(folder);  // another process may have been quicker
  return start(*run, {out, progress, behind(lock, first)});
}

void use_threads(const TrainConfig& config) {
  config.check();
  if (config.threads > 0) set_num_threads(static_cast<int>(config.threads));
}

void check_same_options(const TrainConfig& config, const std::string& folder) {
  TrainConfig before = read_config(folder);
  before.text = config.text;  // may have moved: its checksum decides
  std::string differing = contradictions(config, before);
  check(differing.empty(), "train", "This contradicts the run in ", folder, ": ", differing,
        ". Hint: leave it out to resume, or give a new --out");
  check_texts(config, folder);
}

bool resume(const TrainConfig& config, const std::string& folder, std::ostream& out, std::ostream& progress,
            const std::vector<Callback*>& first, int64_t memory) {
  const Audience to{out, progress, first};
  use_threads(config);
  if (!is_run(folder)) {
    if (!is_free(folder))
      fail_file("train", "This is not a run folder: it has no config.json. Hint: give another --out", folder);
    return train(config, folder, out, progress, first, memory);
  }
  RunLock lock(folder);
  check_same_options(config, folder);
  bool begun = has_checkpoint(folder);
  std::unique_ptr<RunParts> run = make_parts(config, folder, !begun, to, memory);
  const std::vector<Callback*> callbacks = behind(lock, first);
  const Audience steps{out, progress, callbacks};
  return begun ? go_on(*run, steps) : start(*run, steps);
}

void plan(const TrainConfig& config, std::ostream& out, std::ostream& progress, int64_t memory) {
  use_threads(config);
  check_room(config, memory);
  RunText text;
  {
    Waiting waiting(progress, "reading " + shown_paths(config));
    text = read_run_text(config);
  }
  objectives().at(config.objective).check_text(config, text);
  TextSizes sizes = sizes_of(text, text.occurrences(mix_weights(config)));
  double limit = memory_limit(plan_of(config, sizes), memory);
  Plan plan = plan_of(fitted(config, sizes, limit), sizes);
  out << plan_text(plan, shown_paths(config), limit);
  if (plan.config.recompute && !config.recompute) out << kRecomputes;
  if (plan.peak() > limit) {
    if (auto change = least_change_that_fits(config, sizes, limit))
      out << fmt::format("would fit  {}: {}\n", change->flags, size_text(change->peak));
    out << "no probe: the model does not fit\n";
    check_plan(config, sizes, limit);
  }
  out << std::flush;
  if (make_ngram_table(config)) {
    out << "no probe: its steps would need the file of n-grams\n";
    return;
  }
  RunParts run(config, "", std::move(text), memory);
  out << probe_text(probe_of(run));
}

}  // namespace lexigrad::train
