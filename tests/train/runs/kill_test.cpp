// kill -9 at twenty moments of short runs, or at 200; each run is resumed until it is finished.
#include "lexigrad/autograd/base/file.h"
#include "support/child.h"
#include "support/torture.h"
#include "train/runs/support.h"

using namespace lexigrad;
using namespace lexigrad::test;
namespace fs = std::filesystem;

namespace {

struct Moment {
  std::string file;  // wait until it is there, where not empty
  double seconds;    // and then so long
};

// Runs the command up to that moment; true where it was killed there, false where it had ended before.
bool killed(const std::vector<std::string>& arguments, const Moment& moment) {
  Child child(Words{"train"} + arguments);
  if (!moment.file.empty()) child.wait_until([&] { return fs::exists(moment.file); });
  child.wait(moment.seconds);
  return child.kill();
}

struct Kills {
  int64_t all = 0, before_first = 0, writing = 0, finishing = 0;
};

// The files of a run, but for what lay in memory alone at a commit of its table.
auto files_of(const std::string& run) {
  auto out = contents(run);
  std::erase_if(out, [](const auto& file) { return file.first.find(".changed.") != file.first.npos; });
  return out;
}

// Chains of runs, killed `wanted` times in all and resumed until they are finished: the same files as a run that
// was never killed.
Kills kill_and_resume(const Folder& folder, const Words& flags, int64_t wanted) {
  double start = clock_seconds();
  train_run(flags + Words{folder / "whole"});
  double whole_time = clock_seconds() - start;
  auto whole = files_of(folder / "whole");
  CounterRng random(20);
  uint64_t draws = 0;
  Kills kills;
  for (int64_t chain = 0; kills.all < wanted; ++chain) {
    REQUIRE(chain < 2 * wanted);
    std::string run = folder / ("run" + std::to_string(chain));
    const Moment moments[] = {{run, 0.003},  // before the first checkpoint
                              {"", whole_time / 2},
                              {temporary_path(run + "/checkpoint.safetensors"), 0.001},
                              {"", whole_time},
                              {run + "/vectors.safetensors", 0.001}};
    auto arguments = [&] {
      bool begun = fs::exists(run + "/config.json");
      return (begun ? Words{"--out"} : flags) + Words{run, "--resume"};
    };
    for (Moment moment : moments) {
      moment.seconds *= random.uniform(0, draws++);
      if (kills.all == wanted || !killed(arguments(), moment)) continue;
      ++kills.all;
      kills.before_first += !fs::exists(run + "/checkpoint.safetensors");
      kills.writing += fs::exists(temporary_path(run + "/checkpoint.safetensors"));
      kills.finishing += fs::exists(run + "/vectors.safetensors");
    }
    train_run(arguments());
    INFO("chain " << chain);
    CHECK(difference(whole, files_of(run)) == "");
    int64_t step = 0;
    double seconds = 0;
    for (const train::LogEntry& entry : train::read_log(run + "/log.jsonl")) {
      CHECK(entry.step == step++);
      CHECK(entry.seconds >= seconds);
      seconds = entry.seconds;
    }
    CHECK(step == 31);
  }
  return kills;
}

}  // namespace

TEST_CASE("kill -9 at random moments, resumed: the same files as a run that was never killed", "[kill]") {
  Folder folder;
  std::string text = folder / "text.txt";
  spill(text, random_text(600, 3000));
  Kills kills = kill_and_resume(folder,
                                {text, "--dim", "64", "--batch", "4", "--steps", "30", "--save-every", "1",
                                 "--watch", "w1:w2", "--out"},
                                tried(20, 200));
  if (is_torture())
    std::printf("%lld kills: %lld before the first checkpoint, %lld while one was written, %lld at the end\n",
                static_cast<long long>(kills.all), static_cast<long long>(kills.before_first),
                static_cast<long long>(kills.writing), static_cast<long long>(kills.finishing));
  CHECK(kills.before_first >= 1);
  CHECK(kills.writing >= 1);
  CHECK(kills.finishing >= 1);
}

TEST_CASE("kill -9 of runs whose optimizer averages: the same files", "[kill]") {
  Folder folder;
  std::string text = folder / "text.txt";
  spill(text, random_text(600, 3000));
  kill_and_resume(folder,
                  {text, "--dim", "64", "--batch", "4", "--steps", "30", "--save-every", "1", "--optimizer",
                   "schedule-free-adamw", "--keep-best", "--out"},
                  tried(5, 100));
}

TEST_CASE("kill -9 of runs whose n-grams lie in a file: the same files, the table's too", "[kill]") {
  Folder folder;
  std::string text = folder / "text.txt";
  spill(text, random_text(600, 3000));
  kill_and_resume(folder, {text,  "--dim",        "64",      "--batch",       "4",    "--steps",
                           "30",  "--save-every", "3",       "--ngram-rows",  "5000", "--ngram-memory",
                           "6",   "--schedule",   "plateau", "--lr-patience", "0",    "--ema",
                           "0.9", "--clip-norm",  "0.5",     "--out"},
                  tried(8, 100));
}

TEST_CASE("kill -9 of runs that mix corpora and shuffle by blocks: the same files", "[kill]") {
  Folder folder;
  const std::string a = folder / "a.tokens", b = folder / "b.tokens";
  spill(folder / "a", random_text(600, 3000));
  spill(folder / "b", random_text(600, 500, 2));
  REQUIRE(run_command({"tokenize", "--tokenizer", "word", folder / "a", "--out", a}).exit == 0);
  REQUIRE(run_command({"tokenize", "--run", a, folder / "b", "--out", b}).exit == 0);
  kill_and_resume(folder,
                  {a, b, "--mix", "2,1", "--shuffle-block", "3", "--dim", "64", "--batch", "4", "--steps",
                   "30", "--save-every", "1", "--out"},
                  tried(5, 100));
}
