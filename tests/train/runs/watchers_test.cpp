// What `lexigrad train` does beside the steps where its flags ask for it, and that a killed run goes on with it.
#include "lexigrad/train/runs/watchers.h"

#include <sstream>

#include "lexigrad/train/formats/module_file.h"
#include "lexigrad/train/runs/run_folder.h"
#include "lexigrad/train/tensorboard/event_file.h"
#include "train/runs/small_runs.h"

using namespace lexigrad;
using namespace lexigrad::test;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

struct StopAt final : train::Callback {
  int64_t at;
  explicit StopAt(int64_t step) : at(step) {}
  void after_step(train::RunState& run) override { run.stop = run.step() == at; }
};

// All watchers; the loss rises again early, for the text is known by heart soon.
train::TrainConfig watched(const SmallRuns& runs) {
  train::TrainConfig config = runs.config();
  config.lr = 0.05;
  config.steps = 100;
  config.patience = 4;
  config.keep_best = config.log_norms = config.table_stats = config.tensorboard = config.strict = true;
  config.keep = 2;
  config.save_every = 10;
  config.spikes = 3;
  config.schedule = "plateau";
  config.options.set("lr-factor", 0.75);
  config.options.set("lr-patience", int64_t{0});
  return config;
}

// Without what has the time in it.
std::map<std::string, std::string> files_of(const std::string& folder) {
  auto out = contents(folder);
  out.erase(train::kEventsFile);
  for (const train::LogEntry& e : train::read_log(folder + "/log.jsonl"))
    for (const auto& [name, value] : e.measured) out["log.jsonl"] += lexigrad::text(name, " ", value, "\n");
  return out;
}

}  // namespace

TEST_CASE(
    "with all that watches it, a stopped run goes on to the same bytes, and ends early where the other does",
    "[watchers][resume]") {
  SmallRuns runs;
  train::TrainConfig config = watched(runs);
  std::string whole = runs.run("whole", config), part = runs.folder / "part";
  const int64_t end = train::read_checkpoint(whole).position.step;
  CHECK((end > 20 && end < 100));
  CHECK_THAT(runs.out.str(), Contains("stopped early after step " + std::to_string(end)));
  for (int64_t at : {13, 20, 31}) {
    if (at >= end) break;
    StopAt stop(at);
    CHECK_FALSE(train::resume(config, part, runs.out, runs.out, {&stop}));
  }
  CHECK(train::resume(config, part, runs.out, runs.out));
  auto a = files_of(whole), b = files_of(part);
  for (const char* name : {"checkpoint.previous.safetensors"}) a.erase(name), b.erase(name);
  for (auto* files : {&a, &b})  // the stops have checkpoints of their own
    std::erase_if(*files, [](const auto& file) { return file.first.starts_with("checkpoint.step"); });
  CHECK(difference(a, b) == "");
  CHECK(a.contains("vectors.safetensors"));
}

TEST_CASE("the command says that a run which ended early is complete, and what it left can be read",
          "[watchers]") {
  SmallRuns runs;
  std::string run = runs.folder / "run";
  Words flags{"train", runs.text, "--out",   run,   "--dim",      "8", "--context",  "8", "--batch", "8",
              "--lr",  "0.05",    "--steps", "100", "--patience", "2", "--keep-best"};
  CommandResult first = run_command(flags);
  INFO(first.err);
  REQUIRE(first.exit == 0);
  CHECK_THAT(first.out, Contains("stopped early after step") && Contains("2 evaluations") &&
                            Contains("nearest words") && Contains("its weights are"));
  CHECK(fs::exists(run + "/vectors.safetensors"));
  CHECK(fs::exists(run + "/loss.svg"));
  auto before = contents(run);
  CHECK_THAT(run_command({"train", "--resume", "--out", run}).out, Contains("is complete"));
  CHECK(difference(before, contents(run)) == "");
  auto log = train::read_log(run + "/log.jsonl");
  double lowest = 1e9;
  for (const train::LogEntry& e : log) lowest = std::min(lowest, e.validation.value_or(1e9));
  auto best = train::load_safetensors(run + "/best.safetensors").metadata;
  CHECK(std::stod(best.at("validation")) == lowest);
  CHECK_THAT(run_command({"neighbors", run + "/best.safetensors", "w1"}).out, Contains("w"));
  CHECK_THAT(run_command({"inspect", run + "/best.safetensors"}).out, Contains("token.weight"));
  int64_t ended = log.back().step;  // with more patience it goes on
  train_run({"--resume", "--out", run, "--patience", "3"});
  CHECK(train::read_log(run + "/log.jsonl").back().step > ended);
}

TEST_CASE("a strict run leaves nothing where something does not train", "[watchers][strict]") {
  SmallRuns runs;
  std::string run = runs.folder / "run";
  Words flags{"train", runs.text, "--out", run, "--lr", "1e-30", "--steps", "3"};
  CHECK_THAT(failed_command(1, flags + Words{"--strict", "--tensorboard", "--keep-best"}),
             Contains("[train] Not everything trains: unchanged by the first step"));
  CHECK_FALSE(fs::exists(run));
  CHECK(run_command(flags).exit == 0);  // a warning
  train_run({runs.text, "--out", runs.folder / "good", "--strict", "--steps", "3"});
}

TEST_CASE("flags that need a held-out loss say so where there is none", "[watchers]") {
  SmallRuns runs;
  for (const Words& flag :
       {Words{"--patience", "2"}, {"--keep-best"}, {"--table-stats"}, {"--schedule", "plateau"}}) {
    Words flags{"train", runs.text, "--out", runs.folder / "run", "--validation", "0"};
    CHECK_THAT(failed_command(1, flags + flag), Contains(flag[0]) && Contains("needs a held-out loss"));
    CHECK_FALSE(fs::exists(runs.folder / "run"));
  }
}

TEST_CASE("the rate of a run under plateau falls where the held-out loss rises", "[watchers][plateau]") {
  SmallRuns runs;
  train::TrainConfig config = runs.config();
  config.lr = 0.05;
  config.steps = 100;
  config.schedule = "plateau";
  config.options.set("lr-factor", 0.5);
  config.options.set("lr-patience", int64_t{1});
  config.options.set("lr-end", 0.2);
  optim::Plateau plateau(optim::plateau_options(config.options));
  double share = 1;
  int cuts = 0;
  for (const train::LogEntry& e : train::read_log(runs.run("run", config) + "/log.jsonl")) {
    CHECK(e.lr == Approx(0.05 * share));  // of the step that was made
    double before = share;
    if (e.validation && e.step > 0) share = plateau.see(*e.validation);
    cuts += share < before;
  }
  CHECK(cuts == 3);
  CHECK(share == 0.2);
}
