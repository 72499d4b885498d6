// Runs whose blocks are computed again: the same bytes, begun, stopped and resumed with or without.
#include "lexigrad/autograd/base/parallel.h"
#include "train/runs/small_runs.h"

using namespace lexigrad;
using namespace lexigrad::test;
using Catch::Matchers::Contains;

namespace {

struct Blocks : SmallRuns {
  const int before = num_threads();
  Blocks() = default;
  Blocks(const Blocks&) = delete;
  ~Blocks() { set_num_threads(before); }

  train::TrainConfig config(bool again, int64_t steps) const {
    train::TrainConfig config = SmallRuns::config();
    config.encoder = "attention";
    config.options.set("layers", int64_t{3});
    config.options.set("dropout", 0.2);
    config.rows = "lazy_exact";
    config.steps = steps;
    config.recompute = again;
    return config;
  }
  static std::string weights(const std::string& run) {
    return sha256(slurp(run + "/checkpoint.safetensors"));
  }
};

}  // namespace

TEST_CASE("a run with --recompute has the bytes of one without, for any number of threads", "[recompute]") {
  Blocks b;
  std::string right = Blocks::weights(b.run("without", b.config(false, 6)));
  for (int64_t threads : {1, 2, 3, 8}) {
    train::TrainConfig config = b.config(true, 6);
    config.threads = threads;
    CHECK(Blocks::weights(b.run(text("with", threads).c_str(), config)) == right);
  }
  CHECK_THAT(slurp(b.folder / "with2/config.json"), Contains("\"recompute\": true"));
}

TEST_CASE("the flag --recompute may be given or left out when a run is resumed", "[recompute]") {
  Blocks b;
  std::string right = Blocks::weights(b.run("whole", b.config(false, 9)));
  for (bool first : {false, true}) {
    std::string run = b.run(first ? "first" : "then", b.config(first, 4));
    CHECK(train::resume(b.config(!first, 9), run, b.out, b.out));
    CHECK(Blocks::weights(run) == right);
  }
}

TEST_CASE("the flag --recompute without blocks is refused", "[recompute]") {
  SmallRuns b;
  CHECK_THAT(failed_command(2, {"train", b.text, "--plan", "--recompute"}),
             Contains("--recompute") && Contains("--encoder none has none") && Contains("Hint: "));
}
