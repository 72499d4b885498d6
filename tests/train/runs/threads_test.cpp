// The same bits for any number of threads, and however the process was given them.
#include <sched.h>

#include <functional>
#include <set>

#include "lexigrad/autograd/base/parallel.h"
#include "train/runs/small_runs.h"

using namespace lexigrad;
using namespace lexigrad::test;

namespace {

// 3000 words are more than one tile of the head.
struct Corpus {
  Folder folder;
  std::string text = folder / "text.txt";
  Corpus() { spill(text, random_text(3000, 6000)); }
  std::string weights_of(const std::vector<std::string>& flags, const CommandOptions& options = {}) const {
    std::string run = folder / "run";
    std::filesystem::remove_all(run);
    train_run(
        Words{text, "--out", run, "--dim", "24", "--steps", "12", "--batch", "16", "--save-every", "1000"} +
            flags,
        options);
    return sha256(slurp(run + "/checkpoint.safetensors"));
  }
};

// Runs of this process on several numbers of threads, with dropout and shuffling. 1100 words of 24 numbers are more
// than one tile of the head.
struct Threaded : SmallRuns {
  const int before = num_threads();
  std::set<std::string> different;
  Threaded() { spill(text, random_text(1100, 3000)); }
  Threaded(const Threaded&) = delete;
  ~Threaded() { set_num_threads(before); }

  train::TrainConfig config() const {
    train::TrainConfig config = SmallRuns::config();
    config.encoder = "attention";
    config.options.set("dropout", 0.2);
    config.dim = 24;
    config.batch = 16;
    config.context = 16;
    config.steps = 3;
    config.validation = 0;
    config.save_every = 1000;
    return config;
  }
  std::string weights_of(const train::TrainConfig& config) {
    std::string run = this->run("run", config), sum = sha256(slurp(run + "/checkpoint.safetensors"));
    std::filesystem::remove_all(run);
    return sum;
  }
  void check_same(const std::string& name, const std::function<void(train::TrainConfig&)>& change) {
    train::TrainConfig config = this->config();
    change(config);
    config.threads = 1;
    std::string one = weights_of(config);
    INFO(name);
    CHECK(different.insert(one).second);  // the hash sees the weights
    for (int64_t threads : {2, 3, 8}) {
      INFO(threads << " threads");
      config.threads = threads;
      CHECK(weights_of(config) == one);
    }
  }
};

}  // namespace

TEST_CASE("every optimizer has the same SHA-256 for 1, 2, 3 and 8 threads, whatever the step is made of",
          "[threads]") {
  Threaded runs;
  for (const optim::OptimizerKind& kind : optim::optimizers())
    runs.check_same(kind.name, [&](train::TrainConfig& config) { config.optimizer = kind.name; });
  runs.check_same("lazy rows", [](train::TrainConfig& config) { config.rows = "lazy"; });
  runs.check_same("accumulate", [](train::TrainConfig& config) { config.accumulate = 3; });
  runs.check_same("ema", [](train::TrainConfig& config) { config.ema = 0.9; });
  runs.check_same("clip-norm", [](train::TrainConfig& config) { config.clip_norm = 0.1; });
  runs.check_same("clip-value", [](train::TrainConfig& config) { config.clip_value = 1e-4; });
  runs.check_same("all of them", [](train::TrainConfig& config) {
    config.accumulate = 3;
    config.ema = 0.9;
    config.clip_norm = 0.1;
    config.clip_value = 1e-4;
    config.optimizer = "sgd";
    config.dtype = "float64";
  });
}

TEST_CASE("every encoder and loss has the same SHA-256 for 1, 2, 3 and 8 threads", "[threads]") {
  Threaded runs;
  for (const auto& encoder : nn::encoders())
    runs.check_same(encoder.name, [&](train::TrainConfig& config) {
      config.encoder = encoder.name;
      config.optimizer = "sgd";
    });
  for (const char* objective : {"skipgram", "cbow"})
    runs.check_same(objective, [&](train::TrainConfig& config) {
      config = train::TrainConfig::of(objective);
      config.text = runs.text, config.dim = 24, config.steps = 12;
      config.options.set("min-count", int64_t{1});
    });
  for (const auto& loss : nn::head_losses())
    runs.check_same(loss.name, [&](train::TrainConfig& config) { config.loss = loss.name; });
}

TEST_CASE("weights have the same SHA-256 for 1, 2, 3 and 8 threads", "[threads]") {
  Corpus corpus;
  std::set<std::string> different;
  for (const char* encoder : {"none", "mean"})
    for (const char* optimizer : {"adam", "sgd"}) {
      std::vector<std::string> flags = {"--encoder", encoder, "--optimizer", optimizer, "--threads"};
      std::string one = corpus.weights_of(flags + Words{"1"});
      different.insert(one);
      for (const char* threads : {"2", "3", "8"}) {
        INFO(encoder << " " << optimizer << " " << threads);
        CHECK(corpus.weights_of(flags + Words{threads}) == one);
      }
    }
  CHECK(different.size() == 4);  // the hash sees the weights
}

TEST_CASE("weights do not depend on the environment's threads or on the processors allowed", "[threads]") {
  Corpus corpus;
  std::string one = corpus.weights_of({"--threads", "1"});
  CHECK(corpus.weights_of({}) == one);
  for (const char* variable :
       {"OMP_NUM_THREADS=1", "OMP_NUM_THREADS=5", "OPENBLAS_NUM_THREADS=4", "LEXIGRAD_THREADS=3"})
    CHECK(corpus.weights_of({}, {.environment = {variable}}) == one);
  cpu_set_t all, first;
  REQUIRE(::sched_getaffinity(0, sizeof all, &all) == 0);
  CPU_ZERO(&first);
  for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&first) == 0; ++cpu)
    if (CPU_ISSET(cpu, &all)) CPU_SET(cpu, &first);
  REQUIRE(::sched_setaffinity(0, sizeof first, &first) == 0);  // children inherit it
  std::string pinned = corpus.weights_of({}), crowded = corpus.weights_of({"--threads", "3"});
  REQUIRE(::sched_setaffinity(0, sizeof all, &all) == 0);
  CHECK(pinned == one);
  CHECK(crowded == one);
}
