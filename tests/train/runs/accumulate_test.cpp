// Runs whose steps take several batches.
#include "lexigrad/train/formats/vectors.h"
#include "lexigrad/train/runs/run.h"
#include "lexigrad/train/runs/run_folder.h"
#include "train/runs/small_runs.h"

using namespace lexigrad;
using namespace lexigrad::test;
using Catch::Matchers::Contains;

namespace {

struct Small : SmallRuns {
  train::TrainConfig config() const {
    train::TrainConfig config = SmallRuns::config();
    config.encoder = "attention";
    config.save_every = 1000;
    return config;
  }
};

std::map<std::string, std::string> without_log(std::map<std::string, std::string> files) {
  for (const char* name : {"log.jsonl", "loss.svg", "checkpoint.previous.safetensors"}) files.erase(name);
  return files;
}

}  // namespace

TEST_CASE("a run of three batches a step is that of batches three times as large", "[accumulate]") {
  Small small;
  train::TrainConfig config = small.config();
  config.dtype = "float64";
  config.optimizer = "sgd";
  config.lr = 0.1;
  config.steps = 2;  // within an epoch, whose last batch is a smaller one
  config.clip_norm = 0.5;
  config.accumulate = 3;
  std::string parts = small.run("parts", config);
  config.accumulate = 1;
  config.batch = 24;
  std::string big = small.run("big", config);
  auto a = train::read_log(parts + "/log.jsonl"), b = train::read_log(big + "/log.jsonl");
  REQUIRE((a.size() == 3 && b.size() == 3));
  for (size_t i = 0; i < 3; ++i) {
    CHECK((a[i].step == b[i].step && a[i].tokens == b[i].tokens && a[i].lr == b[i].lr));
    CHECK(a[i].loss.value_or(0) == Approx(b[i].loss.value_or(0)).epsilon(1e-12));
    CHECK(a[i].validation.value() == Approx(b[i].validation.value()).epsilon(1e-12));
  }
  CHECK(a[2].tokens == 2 * 24 * 8);
}

TEST_CASE("stopped between steps of three batches and resumed, a run with dropout ends in the same bytes",
          "[accumulate]") {
  struct StopAfter : train::Callback {
    void after_step(train::RunState& run) override { run.stop = run.step() == 4; }  // 12 batches: mid-epoch
  };
  Small small;
  train::TrainConfig config = small.config();
  config.accumulate = 3;
  config.steps = 9;
  config.schedule = "cosine";
  config.options.set("dropout", 0.3);
  std::string straight = small.run("straight", config), stopped = small.folder / "stopped";
  StopAfter stop;
  CHECK_FALSE(train::train(config, stopped, small.out, small.out, {&stop}));
  CHECK(train::resume(train::read_config(stopped), stopped, small.out, small.out));
  CHECK(difference(without_log(contents(straight)), without_log(contents(stopped))).empty());
  CHECK(train::read_log(stopped + "/log.jsonl").back().step == 9);
  config.accumulate = 2;
  CHECK_THROWS_WITH(train::resume(config, stopped, small.out, small.out),
                    Contains("--accumulate 2 (the run has 3)"));
}

TEST_CASE("epochs make as many steps as they have groups of batches, the last one whole", "[accumulate]") {
  auto used = [](int64_t accumulate, int64_t epochs, int64_t steps, int64_t epoch = 8) {
    train::TrainConfig config;
    config.accumulate = accumulate;
    config.epochs = epochs;
    config.steps = steps;
    config = train::with_values_used(config, epoch);
    train::TrainConfig again = train::with_values_used(config, epoch);
    CHECK((again.steps == config.steps && again.epochs == config.epochs));
    return std::pair(config.steps, config.epochs);
  };
  using Pair = std::pair<int64_t, int64_t>;
  CHECK(used(1, 3, 0) == Pair(24, 3));
  CHECK(used(3, 3, 0) == Pair(8, 3));
  CHECK(used(3, 1, 0) == Pair(3, 1));  // the third step ends in the next epoch
  CHECK(used(16, 3, 0) == Pair(2, 3));
  CHECK(used(20, 2, 0) == Pair(1, 2));  // larger than all of it
  CHECK(used(3, 1, 4) == Pair(4, 2));
  CHECK(used(1, 0, 9) == Pair(9, 2));
  CHECK(used(2, 0, 0) == Pair(40, 10));
  CHECK(used(2, 0, 0, 500) == Pair(1500, 6));
}

TEST_CASE("a config of before there were such steps has one batch in each", "[accumulate]") {
  CHECK(train::parse_config(R"({"batch": 4})", "config.json").accumulate == 1);
  CHECK_THROWS_WITH(train::parse_config(R"({"accumulate": 0})", "config.json"),
                    Contains("\"accumulate\" is 0; it must be a whole number of 1..1000000"));
  Small small;
  train_run({small.text, "--out", small.folder / "run", "--accumulate", "5", "--epochs", "1"});
  CHECK_THAT(slurp(small.folder / "run/config.json"),
             Contains("\"accumulate\": 5") && Contains("\"steps\": 1,"));
}
