// The run folder goes away, or may not be written any more, while a run uses it: said, exit 1, no half file left.
#include <sys/stat.h>

#include "lexigrad/train/formats/safetensors.h"
#include "lexigrad/train/loop/checkpoint.h"
#include "support/child.h"
#include "train/runs/support.h"

using namespace lexigrad;
using namespace lexigrad::test;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

struct Run {
  Folder folder;
  std::string run = folder / "run", errors = folder / "errors";
  Words arguments{"train",  folder / "text.txt", "--out", run, "--dim", "16", "--context", "8", "--steps",
                  "200000", "--save-every",      "200"};
  Run() { spill(folder / "text.txt", random_text(100, 3000)); }

  /// Starts it, does that to its folder behind its first checkpoint, and returns the end of what it says.
  template <class Harm>
  std::string error_after(const Harm& harm) {
    Child child(arguments, {}, errors);
    REQUIRE(child.wait_until([&] { return fs::exists(run + "/checkpoint.previous.safetensors"); }));
    harm();
    bool went_on = child.wait(20);
    CHECK_FALSE(went_on);
    if (went_on) return "";
    CHECK(child.exit() == 1);
    std::string all = slurp(errors);
    return all.substr(std::min(all.rfind("lexigrad: "), all.size()));
  }
};

void check_whole(const std::string& run) {
  CHECK_NOTHROW(train::read_checkpoint(run));
  CHECK_NOTHROW(train::read_log(run + "/log.jsonl"));
}

}  // namespace

TEST_CASE("a run whose folder is moved says so, ends, and goes on from its new place", "[moved]") {
  Run r;
  const std::string moved = r.folder / "moved";
  CHECK_THAT(r.error_after([&] { fs::rename(r.run, moved); }),
             Contains("lexigrad: [") && Contains("Hint: ") && Contains(r.run));
  CHECK_FALSE(fs::exists(r.run));
  check_whole(moved);
  const int64_t step = train::read_checkpoint(moved).position.step;
  CHECK(run_command({"train", "--resume", "--out", moved, "--steps", text(step + 1)}).exit == 0);
}

TEST_CASE("a run whose folder is deleted says so and ends", "[moved]") {
  Run r;
  CHECK_THAT(r.error_after([&] {
    while (fs::exists(r.run)) {
      std::error_code busy;  // the run may write a file meanwhile
      fs::remove_all(r.run, busy);
    }
  }),
             Contains("lexigrad: [") && Contains("Hint: ") && Contains(r.run));
  CHECK_FALSE(fs::exists(r.run));
}

TEST_CASE("a run whose folder gives way to another's says so, and what is there stays", "[moved]") {
  Run r;
  const std::string moved = r.folder / "moved";
  CHECK_THAT(r.error_after([&] {
    fs::rename(r.run, moved);
    fs::create_directory(r.run);
    spill(r.run + "/notes", "mine");
  }),
             Contains("lexigrad: [") && Contains("Hint: ") && Contains(r.run));
  CHECK(slurp(r.run + "/notes") == "mine");
  // A write that had begun may end there, whole.
  if (fs::exists(r.run + "/log.jsonl")) CHECK_NOTHROW(train::read_log(r.run + "/log.jsonl"));
  for (const fs::directory_entry& file : fs::directory_iterator(r.run))
    if (file.path().extension() == ".safetensors")
      CHECK_NOTHROW(train::load_safetensors(file.path().string()));
  check_whole(moved);
}

TEST_CASE("a run whose folder may not be written any more says so", "[moved]") {
  if (::geteuid() == 0) {
    WARN("SKIPPED: root may write anywhere");
    return;
  }
  Run r;
  CHECK_THAT(r.error_after([&] { ::chmod(r.run.c_str(), 0500); }),
             Contains("Permission denied") && Contains("Hint: ") && Contains(r.run));
  ::chmod(r.run.c_str(), 0700);
  check_whole(r.run);
}
