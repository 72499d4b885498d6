// kill -9 at twenty moments of short runs; each is resumed until it is finished.
#include <signal.h>

#include <chrono>
#include <thread>

#include "lexigrad/autograd/base/file.h"
#include "support/paths.h"
#include "train/runs/support.h"

using namespace lexigrad;
using namespace lexigrad::test;
namespace fs = std::filesystem;

namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// The command as a child that may be killed.
class Child {
 public:
  explicit Child(const std::vector<std::string>& arguments) {
    const std::string streams[3] = {"/dev/null", "/dev/null", "/dev/null"};
    std::vector<std::string> words = Words{lexigrad::test::in_build("bin/lexigrad"), "train"} + arguments;
    std::vector<char*> argv = test::detail::pointers(words);
    id_ = ::fork();
    if (id_ == 0) test::detail::become(argv[0], argv.data(), environ, streams);
  }
  ~Child() { kill(); }
  bool running() {
    if (id_ > 0 && ::waitpid(id_, &status_, WNOHANG) == id_) id_ = 0;
    return id_ > 0;
  }
  /// True where the child was still running.
  bool kill() {
    if (!running()) return false;
    ::kill(id_, SIGKILL);
    ::waitpid(id_, &status_, 0);
    id_ = 0;
    return WIFSIGNALED(status_);
  }

 private:
  pid_t id_;
  int status_ = 0;
};

struct Moment {
  std::string file;  // wait until it is there, where not empty
  double seconds;    // and then so long
};

// Runs the command up to that moment; true where it was killed there, false where it had ended before.
bool killed(const std::vector<std::string>& arguments, const Moment& moment) {
  Child child(arguments);
  while (child.running() && !moment.file.empty() && !fs::exists(moment.file))
    std::this_thread::sleep_for(std::chrono::microseconds(50));
  for (double end = now() + moment.seconds; child.running() && now() < end;)
    std::this_thread::sleep_for(std::chrono::microseconds(50));
  return child.kill();
}

}  // namespace

TEST_CASE("kill -9 at twenty moments, resumed: the same files as a run that was never killed", "[kill]") {
  Folder folder;
  std::string text = folder / "text.txt";
  spill(text, random_text(600, 3000));
  std::vector<std::string> flags = {text, "--dim",        "64", "--batch", "4",     "--steps",
                                    "30", "--save-every", "1",  "--watch", "w1:w2", "--out"};
  double start = now();
  train_run(flags + Words{folder / "whole"});
  double whole_time = now() - start;
  auto whole = contents(folder / "whole");
  CounterRng random(20);
  uint64_t draws = 0;
  int kills = 0, before_first = 0, writing = 0, finishing = 0;
  for (int chain = 0; kills < 20; ++chain) {
    REQUIRE(chain < 40);
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
      if (kills == 20 || !killed(arguments(), moment)) continue;
      ++kills;
      before_first += !fs::exists(run + "/checkpoint.safetensors");
      writing += fs::exists(temporary_path(run + "/checkpoint.safetensors"));
      finishing += fs::exists(run + "/vectors.safetensors");
    }
    train_run(arguments());
    INFO("chain " << chain);
    CHECK(difference(whole, contents(run)) == "");
    int64_t step = 0;
    double seconds = 0;
    for (const train::LogEntry& entry : train::read_log(run + "/log.jsonl")) {
      CHECK(entry.step == step++);
      CHECK(entry.seconds >= seconds);
      seconds = entry.seconds;
    }
    CHECK(step == 31);
  }
  CHECK(before_first >= 1);
  CHECK(writing >= 1);
  CHECK(finishing >= 1);
}
