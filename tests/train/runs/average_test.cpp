// Runs that keep an average of their weights.
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

struct Small : SmallRuns {
  train::TrainConfig config(double ema) const {
    train::TrainConfig config = SmallRuns::config();
    config.tied = true;
    config.steps = 24;
    config.ema = ema;
    return config;
  }
};

std::map<std::string, Tensor> tensors_of(const std::string& run) {
  std::map<std::string, Tensor> out;
  for (const auto& [name, tensor] : train::load_safetensors(run + "/checkpoint.safetensors").tensors)
    out[name] = tensor;
  return out;
}

}  // namespace

TEST_CASE("an average leaves the weights that train as they are; vectors and held-out loss are its own",
          "[average]") {
  Small small;
  std::string plain = small.run("plain", small.config(0)),
              averaged = small.run("averaged", small.config(0.8));
  auto without = tensors_of(plain), with = tensors_of(averaged);
  for (const auto& [name, tensor] : without) {
    INFO(name);
    REQUIRE(with.contains(name));
    CHECK(equal(with[name], tensor));
  }
  CHECK(with["average.updates"].item<int64_t>() == 24);
  CHECK_FALSE(without.contains("average.updates"));
  Tensor table = with["average.of.token.weight"];
  CHECK_FALSE(equal(table, with["model.token.weight"]));
  CHECK(equal(train::load_vectors(averaged + "/vectors.safetensors").rows, table));
  CHECK(equal(train::load_vectors(plain + "/vectors.safetensors").rows, without["model.token.weight"]));

  // The model alone is the average, and the log's last held-out loss is that model's.
  train::RunParts parts(train::read_config(averaged), averaged);
  train::load_checkpoint(averaged, parts.objective->model());
  CHECK(equal(parts.objective->table(), table));
  double loss = held_out_loss(parts);
  auto log = train::read_log(averaged + "/log.jsonl"), other = train::read_log(plain + "/log.jsonl");
  CHECK(log.back().validation.value() == loss);
  CHECK(log.back().validation.value() != other.back().validation.value());
  CHECK(log.back().loss == other.back().loss);
}

TEST_CASE("a run with an average, stopped and resumed, ends in the same bytes", "[average]") {
  struct StopAfter : train::Callback {
    void after_step(train::RunState& run) override { run.stop = run.step() == 11; }
  };
  Small small;
  std::string straight = small.run("straight", small.config(0.9)), stopped = small.folder / "stopped";
  StopAfter stop;
  CHECK_FALSE(train::train(small.config(0.9), stopped, small.out, small.out, {&stop}));
  CHECK(train::resume(train::read_config(stopped), stopped, small.out, small.out));
  auto a = contents(straight), b = contents(stopped);
  for (auto* files : {&a, &b})
    for (const char* name : {"log.jsonl", "loss.svg", "checkpoint.previous.safetensors"}) files->erase(name);
  CHECK(difference(a, b).empty());
  CHECK(train::read_log(stopped + "/log.jsonl").back().validation ==
        train::read_log(straight + "/log.jsonl").back().validation);
  CHECK_THROWS_WITH(train::resume(small.config(0.8), stopped, small.out, small.out),
                    Contains("--ema 0.8 (the run has 0.9)"));
  CHECK(train::parse_config(R"({"batch": 4})", "config.json").ema == 0);
}

TEST_CASE(
    "an average of equal shares is the mean of the weights after the steps that it names, resumed in between, too",
    "[average]") {
  struct Mean : train::Callback {
    std::map<std::string, Tensor> sums;
    int64_t count = 0, stop_after = 0;
    void after_step(train::RunState& run) override {
      run.stop = run.step() == stop_after;
      if (run.step() < 20) return;
      ++count;
      for (const nn::ParameterRef& p : run.trainer.optimizer().parameters()) {
        Tensor& sum = sums.try_emplace(p.name, zeros(p.shape(), float64)).first->second;
        sum.add_(p.detach().to(float64));
      }
    }
  };
  Small small;
  train::TrainConfig config = small.config(0);
  config.swa = 20;
  Mean mean;
  std::string straight = small.folder / "straight", stopped = small.folder / "stopped";
  CHECK(train::train(config, straight, small.out, small.out, {&mean}));
  auto tensors = tensors_of(straight);
  CHECK(mean.count == 5);
  CHECK(tensors["average.updates"].item<int64_t>() == 5);
  for (const auto& [name, sum] : mean.sums) {
    Tensor expected = sum / 5, found = tensors["average.of." + name].to(float64);
    CHECK(norm(found - expected, INFINITY).item<double>() <= 1e-6);
  }
  Mean stop;
  stop.stop_after = 22;
  CHECK_FALSE(train::train(config, stopped, small.out, small.out, {&stop}));
  CHECK(train::resume(train::read_config(stopped), stopped, small.out, small.out));
  CHECK(slurp(stopped + "/checkpoint.safetensors") == slurp(straight + "/checkpoint.safetensors"));
  config.ema = 0.9;
  CHECK_THROWS_WITH(config.check(),
                    "[train] --swa and --ema are two averages of the same weights. Hint: give one");
  config.ema = 0;
  config.rows = "lazy_exact";
  CHECK_THROWS_WITH(config.check(), Contains("--rows lazy_exact does not go with an average of the weights"));
}
