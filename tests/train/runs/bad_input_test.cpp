// What people feed `lexigrad train` by mistake: one line saying what, where and what to do;
// nothing saved is lost.
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <set>

#include <csignal>

#include "lexigrad/train/runs/config.h"
#include "train/runs/support.h"

using namespace lexigrad;
using namespace lexigrad::test;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

// `train` with these arguments fails as it should and leaves no run folder that is in the way
// of the next try.
struct Bench {
  Folder folder;
  std::string text = folder / "text.txt", run = folder / "run";
  Bench() { spill(text, random_text(40, 480)); }
  std::string fails(int exit, const Words& arguments) const {
    std::string line = failed_command(exit, Words{"train", "--out", run} + arguments);
    CHECK_FALSE(fs::exists(run));
    return line;
  }
  Words small(const Words& more = {}) const {
    return Words{text, "--out", run, "--dim", "6", "--context", "8"} + more;
  }
};

// The error of a run that has shown progress before.
std::string last_line(const std::string& lines) {
  return lines.substr(lines.rfind('\n', lines.size() - 2) + 1);
}

// A disk of its own, where this process may mount one.
struct SmallDisk {
  std::string path;
  bool mounted;
  SmallDisk(const std::string& path, const char* size) : path(path) {
    fs::create_directory(path);
    mounted = ::mount("tmpfs", path.c_str(), "tmpfs", 0, size) == 0;
  }
  SmallDisk(const SmallDisk&) = delete;
  ~SmallDisk() {
    if (mounted) ::umount2(path.c_str(), MNT_DETACH);
  }
  /// Leaves so many bytes.
  void fill(uint64_t left) const {
    spill(path + "/filler", std::string(fs::space(path).available - left, 'x'));
  }
};

}  // namespace

TEST_CASE("texts that cannot be trained on", "[bad input]") {
  Bench bench;
  spill(bench.folder / "empty", "");
  spill(bench.folder / "short", "one two three");
  spill(bench.folder / "blank", " \n\t \r\n");
  auto fails = [&](const std::string& name) { return bench.fails(1, {bench.folder / name}); };
  CHECK_THAT(fails("empty"), Contains("empty") && Contains(bench.folder / "empty") && Contains("Hint: "));
  fs::create_directory(bench.folder / "folder");
  CHECK_THAT(fails("folder"), Contains("no file in this folder") && Contains("Hint: "));
  train_run({bench.text, "--out", bench.folder / "whole", "--dim", "4", "--context", "8", "--steps", "1"});
  CHECK_THAT(fails("whole"), Contains("This is a run") && Contains("Hint: "));
  CHECK_THAT(fails("none.txt"), Contains("No such file") && Contains("none.txt") && Contains("Hint: "));
  CHECK_THAT(fails("short"), Contains("3 tokens") && Contains("need 17") && Contains("--context"));
  CHECK_THAT(fails("blank"), Contains("blank: ") && Contains("Hint: "));
  CHECK_THAT(bench.fails(1, {bench.text, bench.folder / "second"}),
             Contains("No such file") && Contains("second"));
  REQUIRE(::mkfifo((bench.folder / "pipe").c_str(), 0600) == 0);
  CHECK_THAT(fails("pipe"), Contains("No program writes to this pipe"));
  CHECK_THAT(bench.fails(1, {"/dev/zero"}), Contains("device"));
  CHECK_THAT(bench.fails(2, {}), Contains("TEXT is missing"));
}

TEST_CASE("odd texts that train", "[bad input]") {
  Bench bench;
  const std::string whole = random_text(40, 480);
  const std::vector<std::pair<std::string, std::string>> texts = {
      {"invalid UTF-8", whole + "\xff\xfe w1 \xc3\x28 \xed\xa0\x80 " + whole},
      {"NUL", whole + std::string("w1\0w2 \0 ", 8) + whole},
      {"one word",
       [] {
         std::string s;
         for (int i = 0; i < 300; ++i) s += "again ";
         return s;
       }()},
      {"BOM and CRLF", "\xef\xbb\xbf" + whole + "\r\n" + whole}};
  for (const auto& [name, bytes] : texts) {
    INFO(name);
    spill(bench.text, bytes);
    fs::remove_all(bench.run);
    train_run(bench.small({"--steps", "4"}));
    CHECK(train::read_log(bench.run + "/log.jsonl").back().step == 4);
  }
}

TEST_CASE("flags that make no sense exit 2 and name the flag", "[bad input]") {
  Bench bench;
  const std::vector<std::pair<std::string, std::string>> flags = {{"--context", "0"},
                                                                  {"--dim", "0"},
                                                                  {"--dim", "-3"},
                                                                  {"--dim", "1.5"},
                                                                  {"--dim", "x"},
                                                                  {"--dim", ""},
                                                                  {"--dim", "99999999999999999999"},
                                                                  {"--lr", "nan"},
                                                                  {"--lr", "inf"},
                                                                  {"--lr", "-1"},
                                                                  {"--lr", "1,5"},
                                                                  {"--batch", "0"},
                                                                  {"--stride", "-1"},
                                                                  {"--epochs", "-1"},
                                                                  {"--steps", "-1"},
                                                                  {"--momentum", "1"},
                                                                  {"--validation", "1"},
                                                                  {"--min-count", "0"},
                                                                  {"--seed", "-1"},
                                                                  {"--threads", "-1"},
                                                                  {"--save-every", "-2"},
                                                                  {"--tokenizer", "bytes"},
                                                                  {"--encoder", "lstm"},
                                                                  {"--optimizer", "lbfgs"},
                                                                  {"--schedule", "slow"},
                                                                  {"--warmup", "-1"},
                                                                  {"--lr-end", "1"},
                                                                  {"--lr-power", "-1"},
                                                                  {"--lr-start", "1"},
                                                                  {"--lr-rise", "1"},
                                                                  {"--lr-fall", "-0.1"},
                                                                  {"--lr-every", "0"},
                                                                  {"--lr-factor", "1"},
                                                                  {"--lr-timescale", "-1"},
                                                                  {"--lr-period", "0"},
                                                                  {"--lr-period-factor", "0"},
                                                                  {"--clip-norm", "nan"},
                                                                  {"--clip-norm", "-1"},
                                                                  {"--clip-value", "-1"},
                                                                  {"--accumulate", "0"},
                                                                  {"--ema", "1"},
                                                                  {"--rows", "sparse"},
                                                                  {"--dtype", "bf16"},
                                                                  {"--watch", "cat"},
                                                                  {"--watch", ":"}};
  for (const auto& [flag, value] : flags) {
    INFO(flag << " " << value);
    CHECK_THAT(bench.fails(2, {bench.text, flag, value}), Contains(flag));
  }
  for (const char* milestones : {"x", "9,3", "0", "5,"})
    CHECK_THAT(bench.fails(2, {bench.text, "--schedule", "multi-step", "--lr-milestones", milestones}),
               Contains("milestone"));
  CHECK_THAT(bench.fails(2, {bench.text, "--bogus", "3"}), Contains("Unknown flag \"--bogus\""));
  CHECK_THAT(failed_command(2, {"train", bench.text}), Contains("--out"));
  CHECK_THAT(failed_command(2, {"train", bench.text, "--out", ""}), Contains("--out"));
}

TEST_CASE("runs that cannot be made", "[bad input]") {
  Bench bench;
  CHECK_THAT(bench.fails(1, {bench.text, "--dim", "100000000000"}),
             Contains("--dim 100000000000") && Contains("GiB") && Contains("Hint: "));
  CHECK_THAT(bench.fails(1, {bench.text, "--context", "1000000"}), Contains("--context"));
  CHECK_THAT(bench.fails(1, {bench.text, "--min-count", "1000000"}), Contains("min_count"));
  CHECK_THAT(bench.fails(1, {bench.text, "--validation", "0.999"}), Contains("tokens"));
  CHECK_THAT(bench.fails(1, {bench.text, "--watch", "w1:zebra"}), Contains("zebra"));
  CHECK_THAT(bench.fails(1, {bench.text, "--tokenizer", "gpt2", "--gpt2-dir", bench.folder / "none"}),
             Contains("none/") && Contains("Hint: "));
  for (const char* place : {"/proc/lexigrad", "/dev/null/run"})
    CHECK_THAT(failed_command(1, {"train", bench.text, "--out", place}),
               Contains("run folder") && Contains(place) && Contains("Hint: "));
  std::string latin = bench.folder / "caf\xe9.txt";
  fs::copy(bench.text, latin);
  CHECK_THAT(bench.fails(2, {latin}), Contains("not UTF-8") && Contains("Hint: "));
}

TEST_CASE("a run folder that exists is never written into", "[bad input]") {
  Bench bench;
  train_run(bench.small({"--steps", "3"}));
  auto files = contents(bench.run);
  CHECK_THAT(failed_command(1, Words{"train"} + bench.small()), Contains("--resume") && Contains(bench.run));
  CHECK(difference(files, contents(bench.run)).empty());
  std::string mine = bench.folder / "mine";
  fs::create_directory(mine);
  train_run({bench.text, "--out", mine, "--dim", "6", "--steps", "2"});  // an empty folder is as good as none
  fs::remove_all(mine);
  fs::create_directory(mine);
  spill(mine + "/thesis.txt", "years of work");
  for (const Words& flags : {Words{}, Words{"--resume"}})
    CHECK_THAT(failed_command(1, Words{"train", bench.text, "--out", mine} + flags),
               Contains("another --out") && Contains(mine));
  CHECK_THAT(failed_command(1, {"train", bench.text, "--out", bench.text}), Contains("exists"));
  CHECK(contents(mine) == std::map<std::string, std::string>{{"thesis.txt", "years of work"}});
}

TEST_CASE("a loss that explodes ends the run in one line, with the last good checkpoint in place",
          "[bad input]") {
  Bench bench;
  CommandResult result = run_command(Words{"train"} + bench.small({"--lr", "1e18", "--optimizer", "sgd",
                                                                   "--steps", "20", "--save-every", "1"}));
  CHECK(result.exit == 1);
  std::string line = last_line(result.err);
  CHECK(line.starts_with("lexigrad: [train] "));
  CHECK_THAT(line, Contains("step ") && Contains("smaller --lr") &&
                       (Contains("checkpoint.safetensors of step ") || Contains("no checkpoint yet")));
  CHECK_THAT(line, Contains("NextTokenModel") || Contains("Not finite after step"));
  fs::remove_all(bench.run);
  for (const char* lr : {"1e18", "0.1"}) {  // checked or not, a run that does not explode is the same
    CommandResult checked =
        run_command(Words{"train"} + bench.small({"--lr", lr, "--optimizer", "sgd", "--steps", "20",
                                                  "--save-every", "1", "--check-numerics"}));
    CHECK(checked.exit == (lr == std::string("0.1") ? 0 : 1));
    if (checked.exit == 1)
      CHECK_THAT(last_line(checked.err), Contains(" step ") && Contains(" in NextTokenModel made "));
    fs::remove_all(bench.run);
  }
}

TEST_CASE("parameters that are not finite are never saved", "[bad input]") {
  Bench bench;
  for (const char* validation : {"0", "0.2"}) {
    CommandResult result =
        run_command(Words{"train"} + bench.small({"--lr", "1e300", "--optimizer", "sgd", "--steps", "9",
                                                  "--save-every", "1", "--validation", validation}));
    CHECK(result.exit == 1);
    CHECK_THAT(last_line(result.err), Contains("after step 1") && Contains("ot finite") &&
                                          Contains("token.weight") && Contains("head.bias"));
    CHECK_FALSE(fs::exists(bench.run + "/checkpoint.safetensors"));
    fs::remove_all(bench.run);
  }
}

TEST_CASE("a damaged checkpoint is refused, the one before is offered and leads to the same end",
          "[bad input]") {
  Bench bench;
  train_run(bench.small({"--steps", "6", "--save-every", "1"}));
  std::string path = bench.run + "/checkpoint.safetensors", whole = slurp(path);
  auto files = contents(bench.run);
  std::string altered = whole;
  altered[altered.size() / 2] ^= 4;
  for (const std::string& bytes : {whole.substr(0, whole.size() / 2), altered, std::string()}) {
    spill(path, bytes);
    CHECK_THAT(
        failed_command(1, {"train", "--out", bench.run, "--resume"}),
        Contains(path) && Contains("checkpoint.previous.safetensors; rename it to checkpoint.safetensors"));
  }
  fs::rename(bench.run + "/checkpoint.previous.safetensors", path);
  train_run({"--out", bench.run, "--resume"});
  CHECK((slurp(path) == whole));
  CHECK(difference(files, contents(bench.run)).empty());
  for (const char* json : {"", "{", "{\"dim\": \"six\"}"}) {
    spill(bench.run + "/config.json", json);
    CHECK_THAT(failed_command(1, {"train", "--out", bench.run, "--resume"}), Contains("config.json"));
    CHECK((slurp(path) == whole));
  }
}

TEST_CASE("a full disk ends the run in one line; what was saved stays, and it goes on when there is space",
          "[bad input]") {
  Bench bench;
  const Words flags = {"--dim", "64", "--context", "8", "--save-every", "4"};
  std::string whole = bench.folder / "whole", run = bench.folder / "disk/run";
  train_run(Words{bench.text, "--out", whole, "--steps", "8"} + flags);
  SmallDisk disk(bench.folder / "disk", "size=4m");
  if (!disk.mounted) {
    WARN("SKIPPED: a full disk needs the right to mount one; the limit of file sizes is tested below");
    return;
  }
  train_run(Words{bench.text, "--out", run, "--steps", "4"} + flags);
  std::string saved = slurp(run + "/checkpoint.safetensors");
  for (uint64_t left : {0, 65536}) {  // the second: enough for all but the checkpoint
    INFO(left << " bytes left");
    disk.fill(left);
    CommandResult result = run_command({"train", "--out", run, "--resume", "--steps", "8"});
    CHECK(result.exit == 1);
    std::string line = last_line(result.err);
    CHECK(line.starts_with("lexigrad: ["));
    CHECK_THAT(line, Contains("No space left on device") && Contains("Hint: ") &&
                         Contains(left == 0 ? ".json" : "checkpoint.safetensors"));
    CHECK((slurp(run + "/checkpoint.safetensors") == saved));
    fs::remove(disk.path + "/filler");
  }
  train_run({"--out", run, "--resume", "--steps", "8"});
  CHECK((slurp(run + "/checkpoint.safetensors") == slurp(whole + "/checkpoint.safetensors")));
  CHECK((slurp(run + "/vectors.safetensors") == slurp(whole + "/vectors.safetensors")));
  disk.fill(0);
  CHECK_THAT(failed_command(1, {"train", bench.text, "--out", disk.path + "/new"}),
             Contains("No space left"));
}

TEST_CASE("files past the limit of their size are an error, not a signal", "[bad input]") {
  Bench bench;
  train_run(bench.small({"--steps", "4", "--save-every", "1"}));
  auto files = contents(bench.run);
  rlimit before;
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  rlimit tight{2048, before.rlim_max};
  auto handler = std::signal(SIGXFSZ, SIG_IGN);
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &tight) == 0);
  std::signal(SIGXFSZ, SIG_DFL);
  CommandResult result = run_command({"train", "--out", bench.run, "--resume", "--steps", "9"});
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  CHECK(result.exit == 1);
  CHECK_THAT(result.err, Contains("lexigrad: [") && Contains("ulimit -f"));
  CHECK((contents(bench.run)["checkpoint.safetensors"] == files["checkpoint.safetensors"]));
  train_run({"--out", bench.run, "--resume", "--steps", "9"});
}

TEST_CASE("a full standard output is reported and the run is complete", "[bad input]") {
  Bench bench;
  CommandResult result = run_command(Words{"train"} + bench.small({"--steps", "4"}), {.output = "/dev/full"});
  CHECK(result.exit == 1);
  CHECK_THAT(result.err, Contains("output cannot be written"));
  CHECK(run_command({"train", "--out", bench.run, "--resume"}).exit == 0);
}

TEST_CASE("The flag --help lists every flag with its default", "[bad input]") {
  std::string help = run_command({"train", "--help"}).out;
  std::set<std::string> own;  // options of rows that this program alone has
  auto add_own = [&](const auto& table) {
    for (const auto& row : table)
      for (const Option& option : row.options)
        if (table.is_own(row)) own.insert(option.name);
    for (const auto& row : table)
      for (const Option& option : row.options)
        if (!table.is_own(row)) own.erase(option.name);
  };
  add_own(data::tokenizers());
  add_own(nn::encoders());
  add_own(nn::head_losses());
  add_own(optim::optimizers());
  add_own(optim::schedules());
  train::TrainConfig config;
  train::TrainConfig::fields(
      config, [&](const std::string& flag, const auto& value, const auto&, const std::string& says) {
        if (flag == "text" || own.contains(flag)) return;
        size_t at = help.find("--" + flag + " ");
        if (at == std::string::npos) at = help.find("--" + flag + ",");
        INFO(flag);
        REQUIRE(at != std::string::npos);
        std::string entry = help.substr(at, help.find("\n  --", at) - at);
        CHECK_THAT(entry, Contains(says.substr(0, 12)));
        if constexpr (std::is_arithmetic_v<std::decay_t<decltype(value)>>)
          CHECK_THAT(entry, Contains(lexigrad::text("(default: ", value, ")")));
        else if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string>)
          if (!value.empty()) CHECK_THAT(entry, Contains("(default: " + value + ")"));
      });
  for (const char* flag : {"--tokenizer word|gpt2",
                           "--dim",
                           "--context",
                           "--stride",
                           "--batch",
                           "--shuffle",
                           "--encoder none|mean|attention",
                           "--optimizer sgd|adam",
                           "--lr",
                           "--momentum",
                           "--weight-decay",
                           "--rows,--row-mode dense|lazy",
                           "--epochs",
                           "--steps",
                           "--validation",
                           "--min-count",
                           "--seed",
                           "--threads",
                           "--dtype",
                           "--save-every",
                           "--resume",
                           "--gpt2-dir",
                           "--config",
                           "--out"})
    CHECK_THAT(help, Contains(flag));
}

TEST_CASE("The flag --config reads flags from a file; the command line wins; unknown keys are named",
          "[bad input]") {
  Bench bench;
  std::string file = bench.folder / "flags.toml";
  auto run_with = [&](const std::string& lines, const Words& more) {
    spill(file, lines);
    fs::remove_all(bench.run);
    train_run(Words{bench.text, "--out", bench.run, "--config", file} + more);
    return train::parse_config(slurp(bench.run + "/config.json"), "config.json");
  };
  train::TrainConfig config = run_with(
      "# mine\ndim = 5\nsteps=3\nlr = 0.25\nshuffle = false\nencoder = \"mean\"\nwatch = [\"w1:w2\", "
      "\"w0:w3\"]\n",
      {"--dim", "4", "--context", "8"});
  CHECK((config.dim == 4 && config.steps == 3 && config.lr == 0.25 && !config.shuffle &&
         config.encoder == "mean" && config.context == 8));
  CHECK(config.watch == Words{"w1:w2", "w0:w3"});
  CHECK(run_with("shuffle = false\nsteps = 2", {"--shuffle"}).shuffle);
  fs::remove_all(bench.run);
  auto fails_with = [&](int exit, const std::string& lines) {
    spill(file, lines);
    return bench.fails(exit, {bench.text, "--config", file});
  };
  CHECK_THAT(fails_with(2, "dim = 5\ndimm = 6\n"), Contains("\"dimm\"") && Contains(file));
  CHECK_THAT(fails_with(2, "dim = 0\n"), Contains("--dim"));
  CHECK_THAT(fails_with(2, "[train]\ndim = 5\n"), Contains("train"));
  CHECK_THAT(fails_with(2, "help = true\n"), Contains("help"));
  CHECK_THAT(bench.fails(1, {bench.text, "--config", bench.folder / "none.toml"}), Contains("none.toml"));
  spill(file, "dim = 9\n");
  train_run(bench.small({"--steps", "2"}));
  CHECK_THAT(failed_command(1, {"train", "--out", bench.run, "--resume", "--config", file}),
             Contains("--dim 9 (the run has 6)"));
}
