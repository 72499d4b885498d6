#include "lexigrad/train/runs/run.h"

#include <filesystem>
#include <memory>
#include <ostream>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/memory/available_memory.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/train/loop/callbacks/waiting.h"
#include "lexigrad/train/pictures/graph.h"
#include "lexigrad/train/runs/plan.h"
#include "lexigrad/train/runs/plan_text.h"
#include "lexigrad/train/runs/probe.h"
#include "lexigrad/train/runs/run_folder.h"
#include "lexigrad/train/runs/start_vectors.h"
#include "lexigrad/train/runs/steps.h"

namespace lexigrad::train {
namespace {

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

bool start(RunParts& run, const Audience& to) {
  write_config(run.folder, run.config);
  run.text.tokenizer->save(run.file(kRunTokenizer));
  return take_steps(run, to);
}

bool go_on(RunParts& run, const Audience& to) {
  Checkpoint found = run.load();
  if (found.position.step >= run.total) {
    to.out << "The run in " << data::visible(run.folder) << " is complete: " << found.position.step
           << " steps.\n";
    return true;
  }
  if (found.machine != machine_name())
    to.out << "note: the checkpoint was made with " << found.machine << ", this is " << machine_name()
           << ": last bits may differ\n";
  if (config_json(read_config(run.folder)) != config_json(run.config))
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
  if (!fresh || config.vectors.empty()) return run;
  int64_t taken = start_from(config.vectors, run->text.tokenizer->vocabulary(), run->model.token().weight());
  to.out << text("start   ", taken, " of ", run->text.tokenizer->vocabulary_size(), " vectors from ",
                 data::visible(config.vectors), "\n");
  return run;
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

bool train(const TrainConfig& config, const std::string& folder, std::ostream& out, std::ostream& progress,
           const std::vector<Callback*>& first, int64_t memory) {
  const Audience to{out, progress, first};
  use_threads(config);
  check_new(folder);
  std::unique_ptr<RunParts> run = make_parts(config, folder, true, to, memory);
  make_run_folder(folder);
  RunLock lock(folder);
  check_new(folder);  // another process may have been quicker
  return start(*run, to);
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
  TrainConfig before = read_config(folder);
  before.text = config.text;  // may have moved: its checksum decides
  std::string differing = contradictions(config, before);
  check(differing.empty(), "train", "This contradicts the run in ", folder, ": ", differing,
        ". Hint: leave it out to resume, or give a new --out");
  check_texts(config, folder);
  bool begun = has_checkpoint(folder);
  std::unique_ptr<RunParts> run = make_parts(config, folder, !begun, to, memory);
  return begun ? go_on(*run, to) : start(*run, to);
}

void plan(const TrainConfig& config, std::ostream& out, std::ostream& progress, int64_t memory) {
  use_threads(config);
  check_room(config, memory);
  RunText text;
  {
    Waiting waiting(progress, "reading " + shown_paths(config));
    text = read_run_text(config);
  }
  make_training_loader(config, text.training);  // which says where the text fills no window
  TextSizes sizes = sizes_of(text, text.occurrences());
  Plan plan = plan_of(config, sizes);
  out << plan_text(plan, shown_paths(config), memory_limit(plan, memory)) << std::flush;
  if (plan.peak() > memory_limit(plan, memory)) out << "no probe: the model does not fit\n" << std::flush;
  RunParts run(config, "", std::move(text), memory);
  out << probe_text(probe_of(run));
}

}  // namespace lexigrad::train
