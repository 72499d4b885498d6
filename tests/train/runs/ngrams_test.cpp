// Runs with a memory of n-grams, as a parameter and in a file.
#include <utility>

#include "catch.h"
#include "lexigrad/autograd/base/parallel.h"
#include "support/throws.h"
#include "train/runs/small_runs.h"

using namespace lexigrad;
using namespace lexigrad::test;
using Catch::Matchers::Contains;

namespace {

// Each word is decided by the two before it.
std::string text_of_pairs() {
  std::string out;
  int64_t a = 1, b = 2;
  for (int64_t i = 0; i < 480; ++i) {
    out += "w" + std::to_string(b) + (i % 12 == 11 ? "\n" : " ");
    a = std::exchange(b, (3 * a + 5 * b + i / 60) % 17);
  }
  return out;
}

struct NgramRuns : SmallRuns {
  NgramRuns() { spill(text, text_of_pairs()); }
  train::TrainConfig config(int64_t memory) const {
    train::TrainConfig out = SmallRuns::config();
    out.steps = 80;
    out.validation = 0;
    out.ngram_rows = 3000;
    out.ngram_memory = memory;
    out.rows = "lazy";
    out.lr = 0.03;
    return out;
  }
};

// The files but for config.json, which says what memory was given.
auto numbers(const std::string& run) {
  auto out = contents(run);
  for (const char* name : {"config.json", "config"}) out.erase(name);
  return out;
}

double last_loss(const std::string& run) { return *train::read_log(run + "/log.jsonl").back().loss; }

}  // namespace

TEST_CASE("a run with n-grams learns more of a text than one without, in memory and in a file") {
  NgramRuns runs;
  train::TrainConfig without = runs.config(0);
  without.ngram_rows = 0;
  double plain = last_loss(runs.run("without", without)),
         inside = last_loss(runs.run("inside", runs.config(0))),
         paged = last_loss(runs.run("file", runs.config(8)));
  CHECK(inside < plain - 0.2);
  CHECK(paged < plain - 0.2);
  CHECK(runs.out.str().find("waited for") != std::string::npos);
  CHECK(runs.out.str().find("Not everything trains") == std::string::npos);
}

TEST_CASE("a run with n-grams in a file has the same bytes for any memory and threads, stopped or not") {
  NgramRuns runs;
  int threads = num_threads();
  auto whole = numbers(runs.run("whole", runs.config(8)));
  REQUIRE(whole.contains("ngrams.table"));
  set_num_threads(1);
  CHECK(difference(whole, numbers(runs.run("less", runs.config(6)))) == "");
  set_num_threads(threads);
  train::TrainConfig part = runs.config(8);
  part.steps = 37;
  std::string folder = runs.run("part", part);
  part.steps = 80;
  part.ngram_memory = 7;
  train::resume(part, folder, runs.out, runs.out);
  auto resumed = numbers(folder);
  CHECK(resumed["ngrams.table"] == whole["ngrams.table"]);
  CHECK(resumed["vectors.safetensors"] == whole["vectors.safetensors"]);
}

TEST_CASE("what steps go through reaches rows in a file as it reaches those of row-wise Adagrad in memory") {
  NgramRuns runs;
  auto check_same = [&](const char* name, auto change) {
    INFO(name);
    train::TrainConfig inside = runs.config(0), paged = runs.config(8);
    for (train::TrainConfig* config : {&inside, &paged}) {
      config->steps = 40;
      config->validation = 0.2;
      config->optimizer = "rowwise-adagrad";
      config->lr = config->ngram_lr = 0.05;
      config->options.set("weight-decay", 0.0);
      change(*config);
    }
    auto a = train::read_log(runs.run((name + std::string(" inside")).c_str(), inside) + "/log.jsonl"),
         b = train::read_log(runs.run((name + std::string(" file")).c_str(), paged) + "/log.jsonl");
    REQUIRE(a.size() == b.size());
    for (size_t i = 0; i < a.size(); ++i) {
      CHECK(b[i].lr == a[i].lr);
      if (a[i].loss) CHECK(*b[i].loss == Approx(*a[i].loss).epsilon(1e-5));
    }
    return std::pair(*a.back().loss, a.back().lr);
  };
  auto plain = check_same("plain", [](train::TrainConfig&) {});
  // Steps of row-wise Adagrad are of the first gradient's size: a clip counts where others are not clipped.
  CHECK(check_same("norm", [](train::TrainConfig& c) { c.clip_norm = 0.3; }) != plain);
  CHECK(check_same("value", [](train::TrainConfig& c) { c.clip_value = 0.005; }) != plain);
  CHECK(check_same("parts", [](train::TrainConfig& c) { c.accumulate = 3, c.clip_norm = 0.3; }) != plain);
  CHECK(check_same("plateau", [](train::TrainConfig& c) {
          c.schedule = "plateau";
          c.options.set("lr-patience", int64_t{0});
          c.options.set("lr-threshold", 0.5);
        }).second < 0.01);
  CHECK(check_same("ema", [](train::TrainConfig& c) { c.ema = 0.9; }) == plain);
}

TEST_CASE("a run with n-grams in a file, a plateau, an average and a clip goes on to the same bytes") {
  NgramRuns runs;
  struct StopAfter : train::Callback {
    void after_step(train::RunState& run) override { run.stop = run.step() == 37; }
  };
  train::TrainConfig config = runs.config(8);
  config.validation = 0.2;
  config.schedule = "plateau";
  config.options.set("lr-patience", int64_t{0});
  config.options.set("lr-threshold", 0.02);
  config.ema = 0.9;
  config.clip_norm = 0.2;
  auto whole = numbers(runs.run("whole", config));
  CHECK(train::read_log(runs.folder / "whole/log.jsonl").back().lr < 0.03);
  CHECK(runs.out.str().find("in no average") != std::string::npos);
  StopAfter stop;
  CHECK_FALSE(train::train(config, runs.folder / "part", runs.out, runs.out, {&stop}));
  train::resume(config, runs.folder / "part", runs.out, runs.out);
  auto resumed = numbers(runs.folder / "part");
  for (const char* file : {"ngrams.table", "vectors.safetensors", "checkpoint.safetensors"})
    CHECK(resumed[file] == whole[file]);
}

TEST_CASE("rows in a file are refused what does not reach them") {
  NgramRuns runs;
  train::TrainConfig config = runs.config(8);
  config.keep_best = true;
  CHECK_THAT(message_of([&] { runs.run("a", config); }),
             Contains("--keep-best does not go with --ngram-memory") &&
                 Contains("a copy at each better loss") && Contains("Hint: --patience"));
  config = runs.config(8);
  config.dtype = "float64";
  CHECK_THAT(message_of([&] { runs.run("b", config); }), Contains("--dtype float64 does not go with"));
  config = runs.config(1);
  CHECK(
      message_of([&] { runs.run("c", config); }).starts_with("[table] A table of 3000 x 8 does not run in"));
}
