// A step made again is the step of the run, bit for bit.
#include "lexigrad/train/runs/diagnosis/replay.h"

#include <nlohmann/json.hpp>

#include "lexigrad/train/runs/parts.h"
#include "lexigrad/train/runs/run_folder.h"
#include "train/runs/small_runs.h"

using namespace lexigrad;
using namespace lexigrad::test;
using Catch::Matchers::Contains;

namespace {

struct StopAfter : train::Callback {
  int64_t step = 0;
  explicit StopAfter(int64_t step) : step(step) {}
  void after_step(train::RunState& run) override { run.stop = run.step() == step; }
};

// With all that a step can depend on, and a checkpoint after steps 7, 14 and 21.
train::TrainConfig config_of(const SmallRuns& runs, bool accumulate) {
  train::TrainConfig config = runs.config();
  config.encoder = "attention";
  config.options.set("dropout", 0.3);
  config.schedule = "cosine";
  config.accumulate = accumulate ? 3 : 1;
  config.clip_norm = accumulate ? 0.3 : 0;
  config.ema = accumulate ? 0.9 : 0;
  config.loss = accumulate ? "softmax" : "sampled-softmax";
  config.steps = 22;
  config.save_every = 7;
  return config;
}

std::string sum_after(SmallRuns& runs, const train::TrainConfig& config, int64_t step) {
  std::string folder = runs.folder / ("stopped" + std::to_string(step));
  StopAfter stop(step);
  train::train(config, folder, runs.out, runs.out, {&stop});
  train::RunParts parts(train::read_config(folder), folder);
  CHECK(parts.load().position.step == step);
  std::filesystem::remove_all(folder);
  return train::weights_sum(*parts.optimizer);
}

}  // namespace

TEST_CASE("each step made again has the loss of the log and the weights of a run stopped there", "[replay]") {
  for (bool accumulate : {false, true}) {
    SmallRuns runs;
    train::TrainConfig config = config_of(runs, accumulate);
    std::string run = runs.run("run", config);
    auto files = contents(run);
    auto log = train::read_log(run + "/log.jsonl");
    REQUIRE(log.size() == 23);
    config = train::read_config(run);
    for (auto [step, from] : {std::pair<int64_t, int64_t>{1, 0}, {9, 0}, {15, 0}, {21, 0}, {22, 21}}) {
      INFO(step);
      manual_seed(77);
      train::ReplayedStep again = train::replay(config, run, step, runs.out);
      CHECK((again.step == step && again.from == from && again.total == 22 && again.made));
      CHECK(again.loss == log[static_cast<size_t>(step)].loss.value());
      CHECK(again.lr == log[static_cast<size_t>(step)].lr);
      CHECK(again.weights_sum == sum_after(runs, config, step));
      CHECK(again.not_finite.empty());
      CHECK(again.batches.size() == (accumulate ? 3 : 1));
    }
    CHECK(difference(files, contents(run)) == "");
  }
}

TEST_CASE("a step of a run that follows a plateau, and of one with rows in a file, is made again",
          "[replay]") {
  for (bool in_file : {false, true}) {
    SmallRuns runs;
    train::TrainConfig config = config_of(runs, in_file);
    config.validation = 0.2;
    config.schedule = "plateau";
    config.options.set("lr-patience", int64_t{0});
    config.options.set("lr-threshold", 0.5);
    config.ngram_rows = in_file ? 500 : 0;
    config.ngram_memory = in_file ? 6 : 0;
    std::string run = runs.run("run", config);
    auto files = contents(run);
    auto log = train::read_log(run + "/log.jsonl");
    REQUIRE(log.size() == 23);
    CHECK(log.back().lr < log[1].lr / 10);
    for (auto [step, from] : {std::pair<int64_t, int64_t>{1, 0}, {9, 0}, {21, 0}, {22, 21}}) {
      INFO(step);
      train::ReplayedStep again = train::replay(train::read_config(run), run, step, runs.out);
      CHECK(again.from == from);
      CHECK(again.loss == log[static_cast<size_t>(step)].loss.value());
      CHECK(again.lr == log[static_cast<size_t>(step)].lr);
      CHECK(again.weights_sum == sum_after(runs, train::read_config(run), step));
    }
    CHECK(difference(files, contents(run)) == "");
  }
}

TEST_CASE("the gradient's norm is that of its parameters together, before clipping", "[replay]") {
  SmallRuns runs;
  train::TrainConfig config = config_of(runs, false);
  train::ReplayedStep plain =
      train::replay(train::read_config(runs.run("a", config)), runs.folder / "a", 1, runs.out);
  double squares = 0;
  for (const auto& each : plain.parameters) squares += each.gradient * each.gradient;
  CHECK(plain.gradient_norm == Approx(std::sqrt(squares)).epsilon(1e-6));
  config.clip_norm = plain.gradient_norm / 3;
  train::ReplayedStep clipped =
      train::replay(train::read_config(runs.run("b", config)), runs.folder / "b", 1, runs.out);
  CHECK(clipped.gradient_norm == plain.gradient_norm);
  CHECK(clipped.parameters[0].gradient == Approx(plain.parameters[0].gradient / 3).epsilon(1e-5));
}

TEST_CASE("the command shows a step as text or JSON, leaves the run alone, and refuses what is no step of it",
          "[replay]") {
  SmallRuns runs;
  train::TrainConfig config = runs.config();
  config.steps = 6;
  std::string run = runs.run("run", config);
  auto files = contents(run);
  CommandResult text = run_command({"train", "--replay", "4", "--out", run});
  CHECK(text.exit == 0);
  auto json = nlohmann::json::parse(run_command({"train", "--replay", "4", "--out", run, "--json"}).out);
  double loss = train::read_log(run + "/log.jsonl")[4].loss.value();
  CHECK(json.at("loss").get<double>() == loss);
  CHECK(std::strtod(json.at("loss_hex").get<std::string>().c_str(), nullptr) == loss);
  CHECK_THAT(text.out, Contains("step     4 of 6") && Contains(json.at("loss_hex").get<std::string>()) &&
                           Contains("token.weight") && Contains("batch 3 of epoch 0"));
  CHECK(json.at("batches")[0].at("windows").size() == 8);
  CHECK(run_command({"train", "--replay", "4", "--out", run, "--threads", "3", "--json"}).out ==
        run_command({"train", "--replay", "4", "--out", run, "--threads", "1", "--json"}).out);
  CHECK_THAT(failed_command(1, {"train", "--replay", "7", "--out", run}), Contains("has steps 1..6"));
  CHECK_THAT(failed_command(1, {"train", "--replay", "2", "--out", run, "--dim", "9"}),
             Contains("--dim 9 (the run has 8)"));
  CHECK_THAT(failed_command(1, {"train", "--replay", "2", "--out", runs.folder / "none"}),
             Contains("config.json"));
  CHECK_THAT(failed_command(2, {"train", "--replay", "0", "--out", run}), Contains("--replay"));
  CHECK_THAT(failed_command(2, {"train", "--replay", "2", "--resume", "--out", run}), Contains("Only one"));
  CHECK_THAT(failed_command(2, {"train", runs.text, "--json", "--out", run}), Contains("--json"));
  CHECK(difference(files, contents(run)) == "");
}
