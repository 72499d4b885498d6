// Runs whose optimizer evaluates and saves an average of its own.
#include "lexigrad/train/formats/safetensors.h"
#include "lexigrad/train/formats/vectors.h"
#include "lexigrad/train/loop/evaluate.h"
#include "lexigrad/train/runs/parts.h"
#include "lexigrad/train/runs/run.h"
#include "lexigrad/train/runs/run_folder.h"
#include "train/runs/small_runs.h"

using namespace lexigrad;
using namespace lexigrad::test;
using Catch::Matchers::Contains;

namespace {

train::TrainConfig config_of(const SmallRuns& runs, const char* optimizer) {
  train::TrainConfig config = runs.config();
  config.tied = true;
  config.steps = 24;
  config.optimizer = optimizer;
  config.keep_best = true;
  return config;
}

}  // namespace

TEST_CASE("checkpoint, vectors, best weights and held-out loss are the average, the state has the weights",
          "[average]") {
  for (const char* optimizer : {"schedule-free-adamw", "schedule-free-sgd"}) {
    SmallRuns runs;
    std::string run = runs.run("run", config_of(runs, optimizer));
    train::SafetensorsFile file = train::load_safetensors(run + "/checkpoint.safetensors");
    const Tensor *x = file.find("model.token.weight"),
                 *y = file.find(text("optimizer.", optimizer, ".weight.token.weight")),
                 *offset = file.find(text("optimizer.", optimizer, ".offset.token.weight"));
    REQUIRE((x && y && offset));
    CHECK_FALSE(equal(*x, *y));
    CHECK(norm(*x - (*y - *offset / 9.0), INFINITY).item<double>() <= 1e-6);
    CHECK(equal(train::load_vectors(run + "/vectors.safetensors").rows, *x));

    train::RunParts parts(train::read_config(run), run);
    train::load_checkpoint(run, parts.objective->model());
    auto log = train::read_log(run + "/log.jsonl");
    CHECK(log.back().validation.value() == held_out_loss(parts));
    train::SafetensorsFile best = train::load_safetensors(run + "/best.safetensors");
    if (best.metadata.at("step") == "24") CHECK(equal(*best.find("token.weight"), *x));
  }
}

TEST_CASE("a run whose optimizer averages, stopped and resumed, ends in the same bytes", "[average]") {
  struct StopAfter : train::Callback {
    void after_step(train::RunState& run) override { run.stop = run.step() == 11; }
  };
  for (const char* rows : {"dense", "lazy", "lazy_exact"}) {
    SmallRuns runs;
    train::TrainConfig config = config_of(runs, "schedule-free-adamw");
    config.rows = rows;
    config.options.set("warmup", int64_t{5});
    std::string straight = runs.run("straight", config), stopped = runs.folder / "stopped";
    StopAfter stop;
    CHECK_FALSE(train::train(config, stopped, runs.out, runs.out, {&stop}));
    CHECK(train::resume(train::read_config(stopped), stopped, runs.out, runs.out));
    auto a = contents(straight), b = contents(stopped);
    for (auto* files : {&a, &b})
      for (const char* name : {"log.jsonl", "loss.svg", "checkpoint.previous.safetensors"})
        files->erase(name);
    CHECK(difference(a, b) == "");
  }
}

TEST_CASE("an average of an average is refused", "[average]") {
  SmallRuns runs;
  train::TrainConfig config = config_of(runs, "schedule-free-sgd");
  config.ema = 0.9;
  CHECK_THROWS_WITH(config.check(),
                    "[train] --ema averages what --optimizer schedule-free-sgd evaluates and saves "
                    "at an average of its own. Hint: leave it out");
  config.ema = 0;
  config.swa = 3;
  CHECK_THROWS_WITH(config.check(), Contains("--swa averages what"));
}
