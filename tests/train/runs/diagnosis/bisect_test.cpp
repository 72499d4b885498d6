// The first step after which two runs differ.
#include "lexigrad/train/runs/diagnosis/bisect.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "lexigrad/train/formats/safetensors.h"
#include "lexigrad/train/runs/run_folder.h"
#include "train/runs/small_runs.h"

using namespace lexigrad;
using namespace lexigrad::test;
using Catch::Matchers::Contains;

namespace {

struct Two : SmallRuns {
  train::TrainConfig common = SmallRuns::config();
  std::string a;

  Two() {
    common.encoder = "attention";
    common.options.set("dropout", 0.2);
    common.steps = 12;
    common.save_every = 5;
    common.threads = 1;
    a = run("a", common);
  }
  train::Bisection with(const char* name, const train::TrainConfig& config) {
    return train::bisect(a, run(name, config), out);
  }
};

}  // namespace

TEST_CASE("runs on other threads, or of another length, are the same as far as both go", "[bisect]") {
  Two two;
  train::TrainConfig config = two.common;
  config.threads = 3;
  config.save_every = 4;  // no checkpoint of a step in common but the last
  auto found = two.with("threads", config);
  CHECK((found.same() && found.from == 12 && found.to == 12 && found.options.empty()));
  config.steps = 9;
  auto files = contents(two.a);
  found = two.with("shorter", config);
  CHECK((found.same() && found.from == 0 && found.to == 9));
  CHECK(difference(files, contents(two.a)) == "");
  CHECK(difference(contents(two.folder / "shorter"), contents(two.run("again", config))) == "");
}

TEST_CASE("the step is found from which a schedule, a shuffle or a seed is another", "[bisect]") {
  Two two;
  train::TrainConfig config = two.common;
  config.schedule = "step";
  for (int64_t every : {3, 7, 11}) {
    config.options.set("lr-every", every);
    auto found = two.with(("every" + std::to_string(every)).c_str(), config);
    CHECK(found.first == every + 1);
    REQUIRE(found.difference.has_value());
    CHECK(found.difference->tensor == "model.token.weight");
    REQUIRE(found.losses.has_value());
    CHECK(found.losses->first == found.losses->second);  // of the weights before
    CHECK_THAT(found.options,
               Contains("--lr-every") && Contains("--schedule \"step\" (the run has \"constant\")"));
  }
  config = two.common;
  config.shuffle = false;
  auto shuffled = two.with("shuffle", config);
  CHECK(shuffled.first == 1);
  REQUIRE(shuffled.losses.has_value());
  CHECK(shuffled.losses->first != shuffled.losses->second);
  CHECK(shuffled.losses->first == train::read_log(two.a + "/log.jsonl")[1].loss.value());
  config = two.common;
  config.options.set("dropout", 0.25);
  CHECK(two.with("dropout", config).first == 1);
  config = two.common;
  config.seed = 7;
  CHECK(two.with("seed", config).first == 0);
  config = two.common;
  config.dim = 12;
  auto wider = two.with("wider", config);
  CHECK(wider.first == 0);
  REQUIRE(wider.difference.has_value());
  CHECK_THAT(wider.difference->b, Contains(", 12]"));
}

TEST_CASE("averages are compared, and rows in a file are moved with the rest", "[bisect]") {
  Two two;
  train::TrainConfig config = two.common;
  config.ema = 0.9;
  two.a = two.run("averaged", config);
  CHECK(two.with("same", config).same());
  config.ema = 0.8;
  auto averages = two.with("other average", config);
  CHECK(averages.first == 2);  // the first average is the weights
  REQUIRE(averages.difference.has_value());
  CHECK_THAT(averages.difference->tensor, Contains("average.of."));
  config.ngram_rows = 500;
  config.ngram_memory = 6;
  two.a = two.run("in a file", config);
  auto files = contents(two.a);
  CHECK(two.with("same in a file", config).same());
  config.steps = 9;
  auto shorter = two.with("shorter in a file", config);
  CHECK((shorter.same() && shorter.from == 0 && shorter.to == 9));
  config.ngram_lr = 0.06;
  CHECK(two.with("other rate", config).first == 2);  // which the second step reads
  CHECK(difference(files, contents(two.a)) == "");
}

TEST_CASE("a checkpoint that this build does not make again is found, with the element and its distance",
          "[bisect]") {
  Two two;
  std::string other = two.run("other", two.common), path = other + "/checkpoint.safetensors";
  train::SafetensorsFile file = train::load_safetensors(path);
  for (auto& [name, tensor] : file.tensors)
    if (name == "model.head.weight") {
      float& element = tensor.data<float>()[11];
      element = std::nextafter(std::nextafter(element, HUGE_VALF), HUGE_VALF);
    }
  train::save_safetensors(path, file.tensors, file.metadata);
  auto found = train::bisect(two.a, other, two.out);
  CHECK((found.first == 12 && found.from == 10));
  REQUIRE(found.difference.has_value());
  CHECK((found.difference->tensor == "model.head.weight" && found.difference->ulps == uint64_t{2}));
  CHECK((found.difference->differing == 1 && text(found.difference->index) == text(Shape{1, 3})));
  CHECK_THAT(found.where, Contains("what this build makes of") && Contains(path));
}

TEST_CASE("the command says it in words or JSON, and in its exit code", "[bisect]") {
  Two two;
  train::TrainConfig config = two.common;
  std::string same = two.run("same", config);
  config.schedule = "step";
  config.options.set("lr-every", int64_t{7});
  std::string other = two.run("other", config);
  CommandResult equal = run_command({"train", "--bisect", same, "--out", two.a});
  CHECK(equal.exit == 0);
  CHECK_THAT(equal.out, Contains("The same, bit for bit"));
  CommandResult differs = run_command({"train", "--bisect", other, "--out", two.a});
  CHECK(differs.exit == 1);
  CHECK_THAT(differs.out, Contains("The first step that differs is 8") &&
                              Contains("model.token.weight [0, 0]: ") && Contains(" ulps apart") &&
                              Contains("--lr-every 7"));
  auto json = nlohmann::json::parse(run_command({"train", "--bisect", other, "--out", two.a, "--json"}).out);
  CHECK(
      (json.at("same") == false && json.at("first_step") == 8 && json.at("tensor") == "model.token.weight"));
  CHECK(json.at("index") == nlohmann::json({0, 0}));
  CHECK_THAT(failed_command(1, {"train", "--bisect", two.folder / "none", "--out", two.a}), Contains("none"));
  CHECK_THAT(failed_command(2, {"train", "--bisect", same, "--out", two.a, "--dim", "3"}),
             Contains("--dim does not go"));
  CHECK_THAT(failed_command(2, {"train", "--bisect", same}), Contains("--out is missing"));
}
