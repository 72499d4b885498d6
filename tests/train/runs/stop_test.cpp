// Signals to a run, and two runs into one folder.
#include <signal.h>

#include <chrono>
#include <thread>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/train/runs/run_folder.h"
#include "train/runs/support.h"

using namespace lexigrad;
using namespace lexigrad::test;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

// The command as a child that gets signals.
class Child {
 public:
  explicit Child(const Words& arguments) {
    const std::string streams[3] = {"/dev/null", folder_ / "out", folder_ / "err"};
    Words words = Words{lexigrad::test::in_build("bin/lexigrad"), "train"} + arguments;
    std::vector<char*> argv = test::detail::pointers(words);
    id_ = ::fork();
    if (id_ == 0) test::detail::become(argv[0], argv.data(), environ, streams);
  }
  ~Child() {
    if (id_ > 0) end(SIGKILL);
  }
  void signal(int number) const { ::kill(id_, number); }
  /// Sends the signal, waits, and returns the exit code: 256 + the signal's number where that ended the process.
  int end(int number) {
    signal(number);
    int status = 0;
    ::waitpid(id_, &status, 0);
    id_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
  }
  std::string err() const { return fs::exists(folder_ / "err") ? slurp(folder_ / "err") : ""; }

 private:
  Folder folder_;
  pid_t id_;
};

template <class Condition>
void wait_for(const Condition& condition) {
  auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!condition() && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  REQUIRE(condition());
}

bool has_stepped(const std::string& run) {
  if (!fs::exists(run + "/log.jsonl")) return false;
  auto log = train::read_log(run + "/log.jsonl");
  return !log.empty() && log.back().step > 0;
}

}  // namespace

TEST_CASE(
    "SIGINT and SIGTERM finish the step, save, and exit 130 and 143; the run goes on as if never stopped",
    "[stop]") {
  Folder folder;
  spill(folder / "text", random_text(600, 3000));
  Words flags = {folder / "text", "--dim", "64",           "--batch", "4",
                 "--steps",       "60",    "--save-every", "1000",    "--out"};
  train_run(flags + Words{folder / "whole"});
  int number = 0;
  for (int signal : {SIGINT, SIGTERM, SIGINT}) {
    std::string run = folder / std::to_string(++number);
    Child child(flags + Words{run});
    wait_for([&] { return has_stepped(run); });
    int exit = child.end(signal);
    if (exit != 0) {  // else it had been quicker
      CHECK(exit == 128 + signal);
      CHECK_THAT(child.err(), Contains("which is saved. To go on:  lexigrad train --resume --out " + run));
      CHECK(fs::exists(run + "/checkpoint.safetensors"));
      CHECK_FALSE(fs::exists(run + "/vectors.safetensors"));
      CHECK(train::read_checkpoint(run).position.step < 60);
      train_run({"--out", run, "--resume"});
    }
    auto whole = contents(folder / "whole"), found = contents(run);
    for (auto* files : {&whole, &found}) files->erase("checkpoint.previous.safetensors");
    CHECK(difference(whole, found) == "");
  }
}

TEST_CASE("a second signal ends the run at once, and what was saved stays", "[stop]") {
  Folder folder;
  spill(folder / "text", random_text(30000, 60000));
  std::string run = folder / "run";
  Child child({folder / "text", "--dim", "256", "--batch", "128", "--validation", "0", "--save-every", "1",
               "--threads", "1", "--steps", "1000", "--out", run});
  wait_for([&] { return fs::exists(run + "/checkpoint.safetensors"); });
  child.signal(SIGINT);
  wait_for([&] { return child.err().find("stopping after this step") != std::string::npos; });
  int exit = child.end(SIGTERM);
  CHECK((exit == 256 + SIGTERM || exit == 128 + SIGINT));  // the second where the step had ended before
  CHECK(train::read_checkpoint(run).position.step >= 1);
}

TEST_CASE("a second run into the same folder is refused, and a killed one holds nothing", "[stop]") {
  Folder folder;
  spill(folder / "text", random_text(600, 3000));
  std::string run = folder / "run";
  Words flags = {folder / "text", "--dim", "64", "--batch", "4", "--save-every", "1", "--out", run};
  {
    Child child(flags + Words{"--steps", "100000"});
    wait_for([&] { return fs::exists(run + "/checkpoint.safetensors"); });
    CHECK_THAT(failed_command(1, Words{"train"} + flags), Contains("There is a run already"));
    CHECK_THAT(failed_command(1, {"train", "--resume", "--out", run}),
               Contains("Another process trains into this folder") && Contains(run));
    CHECK_THROWS_AS(train::RunLock(run), FileError);
    CHECK(child.end(SIGKILL) == 256 + SIGKILL);
  }
  int64_t step = train::read_checkpoint(run).position.step;
  train_run({"--resume", "--out", run, "--steps", std::to_string(step + 1)});
  for (const auto& file : fs::directory_iterator(run))
    CHECK(file.path().filename().string().find("lock") == std::string::npos);
}
