// The same bits for any number of threads, and however the process was given them.
#include <sched.h>

#include <set>

#include "train/runs/support.h"

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

}  // namespace

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
