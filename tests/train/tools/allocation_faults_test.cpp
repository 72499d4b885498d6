// Each allocation that the command makes is refused once: it ends well, or with one line and exit 1, and no file
// is there by halves.
#include "lexigrad/train/loop/checkpoint.h"
#include "support/fault.h"
#include "support/torture.h"
#include "train/runs/support.h"

using namespace lexigrad;
using namespace lexigrad::test;
using Catch::Matchers::Contains;

namespace {

constexpr int64_t kAll = 10'000;
constexpr const char* kInput = "w1 w2";

// A prime for each verb, so that a sample meets other places in each.
struct Case {
  Words arguments;
  int64_t stride;
};

class Folders {
 public:
  Folders() {
    spill(all_ / "text.txt", random_text(40, 480));
    train_run({all_ / "text.txt", "--out", all_ / "run", "--dim", "4", "--context", "8", "--steps", "2"});
  }
  /// An empty folder, in which a command writes.
  std::string fresh() const {
    std::filesystem::remove_all(all_ / "fresh");
    std::filesystem::create_directory(all_ / "fresh");
    return all_ / "fresh/";
  }
  std::string operator/(const std::string& name) const { return all_ / name; }

 private:
  Folder all_;
};

// The files by name, without a run's times, of which events are full; of a run in a folder of its own, too.
std::map<std::string, std::string> files_under(const std::string& folder) {
  std::map<std::string, std::string> out;
  for (const auto& each : std::filesystem::directory_iterator(folder)) {
    const std::string path = each.path().string();
    if (each.is_directory())
      for (auto& [name, bytes] : contents(path)) out[each.path().filename().string() + "/" + name] = bytes;
    else
      out[each.path().filename().string()] = slurp(path);
  }
  std::erase_if(out, [](const auto& file) { return file.first.find("tfevents") != std::string::npos; });
  return out;
}

// What is there is whole. Checkpoints are those of earlier steps, and a table's file is a page here, a page there.
void check_files(const std::map<std::string, std::string>& found,
                 const std::map<std::string, std::string>& whole) {
  for (const auto& [name, bytes] : found) {
    bool grows = name.find("checkpoint") != name.npos || name.ends_with("log.jsonl") ||
                 name.find("ngrams.table") != name.npos;
    INFO(name);
    if (!grows) REQUIRE(whole.contains(name));
    if (!grows) CHECK((bytes == whole.at(name)));
  }
}

// From one allocation to the next that is refused: all of them under script/torture.
template <class See>
void refuse_each(const Case& c, const std::string& mode, const See& see) {
  for (int64_t n = 1, came = 1; came && n <= tried(1'000'000, kAll); n += tried(c.stride, 1)) {
    Fault fault("", text("malloc:", n, mode, ":12"));
    CommandResult result = run_command(c.arguments, {.input = kInput, .environment = fault.environment()});
    INFO(fault.name() << ": exit " << result.exit << ", " << result.err);
    see(result);
    came = fault.came();
  }
}

// The last line; those before it tell of progress.
void check_refused(const CommandResult& result) {
  REQUIRE(result.exit == 1);
  std::string line = result.err;
  while (line.starts_with("reading ") || line.find("% ") < 4) line.erase(0, line.find('\n') + 1);
  CHECK(line.starts_with("lexigrad: ["));
  CHECK_THAT(line, Contains("memory") && Contains("Hint: "));
  CHECK(line.find('\n') == line.size() - 1);
}

}  // namespace

TEST_CASE("training that is refused any memory says so and leaves no half file", "[allocations]") {
  Folders folders;
  const Words train{"train",     folders / "text.txt",
                    "--out",     folders / "fresh/run",
                    "--dim",     "4",
                    "--context", "8",
                    "--steps",   "2",
                    "--watch",   "w1:w2"};
  const std::vector<std::pair<Words, int64_t>> cases = {
      {{"--ema", "0.9"}, 521},
      {{"--ngram-rows", "4096", "--ngram-memory", "8"}, 1201},
      {{"--encoder", "attention", "--recompute", "--optimizer", "muon", "--accumulate", "2"}, 2003},
      {{"--keep", "1", "--tensorboard", "--log-norms", "--strict", "--dtype", "bfloat16"}, 2011}};
  for (const auto& [flags, stride] : cases) {
    Words arguments = train;
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    folders.fresh();
    const CommandResult good = run_command(arguments);
    INFO(flags[0] << ": " << good.err);
    REQUIRE(good.exit == 0);
    const auto whole = files_under(folders / "fresh");
    folders.fresh();
    for (const char* mode : {"", "-"})
      refuse_each({arguments, stride}, mode, [&](const CommandResult& result) {
        if (result.exit == 0)
          CHECK(difference(whole, files_under(folders / "fresh")) == "");
        else
          check_refused(result);
        check_files(files_under(folders / "fresh"), whole);
        if (result.exit != 0 && train::has_checkpoint(folders / "fresh/run")) {
          CHECK(run_command({"train", "--resume", "--out", folders / "fresh/run"}).exit == 0);
          CHECK(difference(whole, files_under(folders / "fresh")) == "");
        }
        folders.fresh();
      });
  }
}

TEST_CASE("verbs that are refused any memory say so, and write all or nothing", "[allocations]") {
  Folders folders;
  const std::string run = folders / "run";
  for (const Case& c :
       {Case{{"convert", run, folders / "fresh/b.npy"}, 499},
        Case{{"convert", run, folders / "fresh/b.vec"}, 503}, Case{{"neighbors", run, "w1"}, 509},
        Case{{"analogy", run, "w1", "w2", "w3"}, 521}, Case{{"tokenize", "--run", run}, 523},
        Case{{"generate", run, "--prompt", "w1", "--max-tokens", "5"}, 541}, Case{{"inspect", run}, 547}}) {
    folders.fresh();
    const CommandResult good = run_command(c.arguments, {.input = kInput});
    INFO(c.arguments[0] << ": " << good.err);
    REQUIRE(good.exit == 0);
    const auto whole = files_under(folders / "fresh");
    folders.fresh();
    refuse_each(c, "", [&](const CommandResult& result) {
      const auto found = files_under(folders / "fresh");
      if (result.exit == 0) {
        CHECK((result.out == good.out));
        CHECK(difference(whole, found) == "");
      } else {
        check_refused(result);
        CHECK((found.empty() || found == whole));
      }
      folders.fresh();
    });
  }
}
