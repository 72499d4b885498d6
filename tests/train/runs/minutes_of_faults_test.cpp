// Training with a fault every moment: killed, the disk full, the newest checkpoint torn. It ends in the bytes of the
// undisturbed run. Ten minutes of it under script/torture.
#include <array>

#include "lexigrad/autograd/base/file.h"
#include "support/child.h"
#include "support/fault.h"
#include "support/shared_data.h"
#include "support/torture.h"
#include "train/runs/support.h"

using namespace lexigrad;
using namespace lexigrad::test;
namespace fs = std::filesystem;

namespace {

class Disturbed {
 public:
  Disturbed(const Words& flags, std::string run) : flags_(flags), run_(std::move(run)) {}

  /// Goes on with the run for `seconds` and a fault; true where it came to the end.
  bool go_on(double seconds) {
    const uint64_t kind = random_.below(3, 0, draws_++);
    return kind == 0 ? killed(seconds) : kind == 1 ? without_room(seconds) : torn(seconds);
  }
  std::array<int64_t, 3> faults{};  ///< kills, full disks, torn checkpoints

 private:
  Words arguments() const {
    bool begun = fs::exists(run_ + "/config.json");
    return Words{"train"} + (begun ? Words{"--out"} : flags_) + Words{run_, "--resume"};
  }
  double share() { return random_.uniform(1, draws_++); }

  bool killed(double seconds) {
    Child child(arguments());
    child.wait(2 * seconds * share());
    if (!child.kill()) return ended(child);
    ++faults[0];
    return false;
  }
  bool without_room(double seconds) {
    auto call = static_cast<int64_t>(1 + 60 * share());
    Fault fault(fs::path(run_).parent_path().string(), text("write:", call, ":28"));
    Child child(arguments(), fault.environment(), run_ + ".err");
    child.wait(2 * seconds);
    if (child.kill()) return ++faults[0], false;
    if (!fault.came()) return ended(child);
    ++faults[1];
    CHECK(child.exit() == 1);
    CHECK(slurp(run_ + ".err").find("No space left on device") != std::string::npos);
    return false;
  }
  // The one before is put in its place, as the error says.
  bool torn(double seconds) {
    if (bool complete = killed(seconds)) return complete;
    const std::string newest = run_ + "/checkpoint.safetensors",
                      before = run_ + "/checkpoint.previous.safetensors";
    if (!fs::exists(newest) || !fs::exists(before)) return false;
    const std::string whole = slurp(newest);
    fs::remove(newest);  // the one before may be a link to it
    spill(newest, whole.substr(0, static_cast<size_t>(share() * static_cast<double>(whole.size()))));
    CommandResult result = run_command(arguments());
    INFO(result.err);
    CHECK(result.exit == 1);
    CHECK(result.err.find("rename it to checkpoint.safetensors") != std::string::npos);
    fs::rename(before, newest);
    ++faults[2];
    return false;
  }
  bool ended(Child& child) {
    CHECK(child.exit() == 0);
    return true;
  }

  Words flags_;
  std::string run_;
  CounterRng random_{7};
  uint64_t draws_ = 0;
};

}  // namespace

TEST_CASE("a run with a fault every moment ends in the bytes of the undisturbed run", "[disturbed]") {
  auto shakespeare = shared_file("data/tinyshakespeare.txt");
  if (!shakespeare) return;
  Folder folder;
  const std::string text = folder / "text.txt";
  spill(text, slurp(*shakespeare).substr(0, static_cast<size_t>(tried(20'000, 1'200'000))));
  const std::string steps = lexigrad::text(tried(3000, 4'000'000));
  const Words flags = {text, "--tokenizer", "char", "--dim",        "32", "--context", "16",  "--batch",
                       "4",  "--threads",   "1",    "--save-every", "50", "--steps",   steps, "--out"};
  const double start = clock_seconds();
  train_run(flags + Words{folder / "whole"});
  const double undisturbed = clock_seconds() - start;
  Disturbed run(flags, folder / "run");
  const double moment = is_torture() ? 2 : undisturbed / 8;
  int64_t starts = 1;
  for (; !run.go_on(moment); ++starts) REQUIRE(starts < 2000);
  CHECK(difference(contents(folder / "whole"), contents(folder / "run")) == "");
  auto [kills, full, torn] = run.faults;
  CHECK(kills + full + torn >= tried(2, 50));
  if (is_torture())
    std::printf(
        "%.0f s undisturbed, %.0f s with %lld starts: %lld kills, %lld full disks, %lld torn checkpoints\n%s\n",
        undisturbed, clock_seconds() - start - undisturbed, static_cast<long long>(starts),
        static_cast<long long>(kills), static_cast<long long>(full), static_cast<long long>(torn),
        sha256(slurp(folder / "run/checkpoint.safetensors")).c_str());
}
