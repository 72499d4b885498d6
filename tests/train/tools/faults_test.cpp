// Every call of the system that a verb makes on its files fails once: the error is one line in our own words, and
// files that belong together are both the old ones or both the new ones.
#include <set>

#include "support/fault.h"
#include "support/torture.h"
#include "train/runs/support.h"
#include "train/tools/run_folder.h"

using namespace lexigrad;
using namespace lexigrad::test;
using Catch::Matchers::Contains;

namespace {

constexpr const char* kFunctions[] = {"open", "write",  "pwrite", "read", "pread", "fsync",
                                      "link", "rename", "unlink", "stat", "fstat", "mkdir"};
constexpr int kErrors[] = {28, 5, 13};  // ENOSPC, EIO, EACCES

// Each of the command's calls under script/torture; else a sample of the later ones.
int next(int call) { return call + static_cast<int>(tried(1 + call / 6, 1)); }

void check_message(const CommandResult& result, const std::string& folder) {
  REQUIRE(result.exit == 1);
  std::string line = result.err.substr(result.err.rfind("lexigrad: "));
  CHECK(line.starts_with("lexigrad: ["));
  CHECK_THAT(line, Contains("Hint: ") && Contains(folder));
  for (const char* raw : {"exception", "::", "filesystem", "Success", "should not"})
    CHECK_THAT(line, !Contains(raw));
}

// Runs the command once for each function and each of its calls, with `see` behind each run; returns how
// often it failed.
template <class Before, class See>
int walk(const std::string& folder, const Words& arguments, const Before& before, const See& see) {
  int failed = 0;
  for (const char* function : kFunctions)
    for (int call = 1, came = 1; came; call = next(call)) {
      before();
      Fault fault(folder, text(function, ":", call, ":", kErrors[call % 3]));
      CommandResult result = run_command(arguments, {.environment = fault.environment()});
      INFO(fault.name() << ": exit " << result.exit << ", " << result.err);
      see(result);
      came = fault.came();
      if (result.exit == 0) continue;
      ++failed;
      check_message(result, folder);
    }
  return failed;
}

struct Pair {
  std::string first, second;
  bool operator==(const Pair&) const = default;
};

// The walk over a command that writes two files, in place of old ones and of none.
int walk_pair(const Folder& folder, const Words& arguments, const std::string& first,
              const std::string& second) {
  auto now = [&] { return Pair{slurp(first), slurp(second)}; };
  REQUIRE(run_command(arguments).exit == 0);
  const Pair written = now(), old{"old", "old"}, none{"", ""};
  REQUIRE(!written.second.empty());
  int failed = 0;
  for (bool there : {true, false}) {
    auto reset = [&] {
      for (const std::string& path : {first, second}) {
        std::filesystem::remove(path);
        if (there) spill(path, "old");
      }
    };
    failed += walk(folder.path, arguments, reset, [&](const CommandResult& result) {
      Pair found = now();
      bool after_sync = result.err.find("folder could not be synced") != std::string::npos;
      if (result.exit == 0 || after_sync)
        CHECK(found == written);
      else
        CHECK(found == (there ? old : none));
    });
  }
  return failed;
}

}  // namespace

TEST_CASE("rows and words are replaced as one, whatever call fails", "[faults]") {
  Folder folder;
  spill(folder / "a.vec", "2 2\ncat 1 2\ndog 3 4\n");
  CHECK(walk_pair(folder, {"convert", folder / "a.vec", folder / "b.npy"}, folder / "b.npy",
                  folder / "b.words.txt") > 20);
}

TEST_CASE("a command that is killed at any call leaves no new file beside an old one", "[faults]") {
  Folder folder;
  const std::string rows = folder / "b.npy", words = folder / "b.words.txt";
  spill(folder / "a.vec", "2 2\ncat 1 2\ndog 3 4\n");
  const Words convert{"convert", folder / "a.vec", rows};
  REQUIRE(run_command(convert).exit == 0);
  const Pair written{slurp(rows), slurp(words)};
  const auto whole = contents(folder.path);
  int killed = 0, cut = 0;
  for (const char* function : kFunctions)
    for (int call = 1; call < 100; ++call) {
      spill(rows, "old"), spill(words, "old");
      Fault fault(folder.path, text(function, ":", call, ":0"));
      run_command(convert, {.environment = fault.environment()});
      if (!fault.came()) break;
      ++killed;
      INFO(fault.name());
      if (std::filesystem::exists(rows) && std::filesystem::exists(words)) {
        Pair now{slurp(rows), slurp(words)};
        CHECK((now == written || now == Pair{"old", "old"}));
      } else {
        ++cut;
        CHECK(run_command({"neighbors", rows, "cat"}).exit == 1);
      }
      CHECK(run_command(convert).exit == 0);
      CHECK(contents(folder.path) == whole);
    }
  CHECK(killed > 15);
  CHECK(cut > 1);
}

TEST_CASE("a corpus and its truth are written as one, whatever call fails", "[faults]") {
  Folder folder;
  CHECK(walk_pair(folder,
                  {"corpus", "--sentences", "400", "--classes", "2", "--words-per-class", "2", "--min-count",
                   "1", "--out", folder / "t", "--truth", folder / "k"},
                  folder / "t", folder / "k") > 20);
}

TEST_CASE("readers name what fails", "[faults]") {
  Folder folder;
  train::save_vectors(folder / "a.safetensors", {{"cat", "dog"}, fan(2)});
  train::save_vectors(folder / "a.npy", {{"cat", "dog"}, fan(2)});
  train::save_vectors(folder / "a.vec", {{"cat", "dog"}, fan(2)});
  for (const char* name : {"a.safetensors", "a.npy", "a.vec"})
    CHECK(walk(
              folder.path, {"neighbors", folder / name, "cat"}, [] {}, [](const CommandResult&) {}) >= 3);
}

TEST_CASE("a run that fails says so in one line, leaves no half file, and can be started again", "[faults]") {
  Folder folder;
  spill(folder / "text.txt", random_text(40, 480));
  const std::string run = folder / "run";
  const Words train{"train", folder / "text.txt", "--out", run, "--dim", "2", "--context", "8", "--steps",
                    "2",     "--save-every",      "1"};
  REQUIRE(run_command(train).exit == 0);
  const auto whole = contents(run);
  const Words again{"train", folder / "text.txt", "--out", run, "--resume"};
  int failed = walk(
      folder.path, train, [&] { std::filesystem::remove_all(run); },
      [&](const CommandResult& result) {
        if (result.exit == 0) {
          CHECK(difference(whole, contents(run)) == "");
        } else if (is_torture()) {
          REQUIRE(run_command(std::filesystem::exists(run + "/config.json") ? again : train).exit == 0);
          CHECK(difference(whole, contents(run)) == "");
        }
      });
  CHECK(failed > 20);
}
