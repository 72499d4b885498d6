// A run's options as a file of flags, and trained again from it.
#include "lexigrad/train/runs/flags_file.h"

#include <charconv>

#include "lexigrad/train/runs/run_folder.h"
#include "train/runs/small_runs.h"

using namespace lexigrad;
using namespace lexigrad::test;
using Catch::Matchers::Contains;

namespace {

const std::string kOdd = "a \"b\" 'c' = # \xc3\xbc,\\ [x]\t{} ;-1";

// Something else than the default, as hard to write as the option allows.
struct MakeOdd {
  void operator()(const std::string& flag, std::string& value,
                  const std::vector<std::string>& choices) const {
    value = choices.empty() ? kOdd : choices.back();
    if (flag == "text") value = kOdd + "1\n" + kOdd + "2\n-";
    if (flag == "lr-milestones") value = "3, 9";
  }
  void operator()(const std::string&, bool& value, const std::vector<std::string>&) const { value = !value; }
  void operator()(const std::string&, int64_t& value, const Whole& limits) const { value = limits.high; }
  void operator()(const std::string&, double& value, const Real&) const { value = 0.1 + 0.2; }
  template <class Limits>
  void operator()(const std::string&, std::vector<std::string>& value, const Limits&) const {
    value = {kOdd + ":" + kOdd, "second:# one"};
  }
};

std::vector<std::string> words(const std::string& value) {
  std::vector<std::string> out(1);
  for (char c : value)
    if (c == '\n')
      out.emplace_back();
    else
      out.back() += c;
  return out;
}
std::vector<std::string> words(const std::vector<std::string>& value) { return value; }
std::vector<std::string> words(bool value) { return {value ? "true" : "false"}; }
std::vector<std::string> words(int64_t value) { return {std::to_string(value)}; }
std::vector<std::string> words(double value) { return {lexigrad::text(value)}; }

std::vector<std::string> values(const std::string& file) {
  std::vector<std::string> out;
  for (const train::FlagLine& line : train::parse_flags(file, "flags")) {
    out.push_back(line.name);
    out.insert(out.end(), line.values.begin(), line.values.end());
  }
  return out;
}

}  // namespace

TEST_CASE("every option survives the file of flags, whatever its value", "[flags]") {
  train::TrainConfig config;
  train::TrainConfig::fields(config, [](const char* flag, auto& value, const auto& limits, const char*) {
    MakeOdd()(flag, value, limits);
  });
  auto lines = train::parse_flags(train::flags_text(config), "flags"),
       json = train::parse_flags(train::config_json(config), "config.json");
  size_t next = 0;
  train::TrainConfig::fields(config,
                             [&](const std::string& flag, const auto& value, const auto&, const char*) {
                               if (next < lines.size() && lines[next].name != flag)
                                 return;  // an option of rows that these tests add
                               INFO(flag);
                               REQUIRE((next < lines.size() && next < json.size()));
                               CHECK(lines[next].values == words(value));
                               CHECK(json[next].name == flag);
                               CHECK(json[next++].values == words(value));
                             });
  CHECK(next > 45);
  CHECK((next == lines.size() && next == json.size()));
}

TEST_CASE("lines of INI and TOML are read, and what is neither names its line", "[flags]") {
  CHECK(values("dim = 5\r\n\n  # no\n; no\nshuffle\ntext= a.txt  b.txt # two\n").size() == 8 - 1);
  CHECK(values("a = \"x # y\\n\\u00fc\" # z\nb='\\n'\nc=x#y\nd = \"\"") ==
        Words{"a", "x # y\n\xc3\xbc", "b", "\\n", "c", "x#y", "d", ""});
  CHECK(values("a = [1,\n  \"2, 3\", # no\n 'x]' ]\na = 4\nnone = []\n") ==
        Words{"a", "1", "2, 3", "x]", "4"});
  CHECK(values("x =\n") == Words{"x", ""});
  const std::pair<const char*, const char*> broken[] = {
      {"a = 1\nb = \"x", "Line 2"}, {"a = 'x\n'", "Line 1"}, {"a = \"\\q\"", "a backslash"},
      {"\na = [1, 2", "no ]"},      {"= 3", "no name"},      {"a = \"x\" y", "more behind"}};
  for (const auto& [file, why] : broken) {
    INFO(file);
    CHECK_THROWS_WITH(train::parse_flags(file, "mine.toml"),
                      Contains(why) && Contains("mine.toml") && Contains("Hint: "));
  }
}

TEST_CASE("a run trained again from its own config has the same bytes", "[flags]") {
  Folder folder;
  std::string odd = folder / "it's \"odd\" = # \xc3\xbc, [x]";
  std::filesystem::create_directory(odd);
  spill(odd + "/a b.txt", random_text(40, 300) + " a#b c=d");
  spill(odd + "/-c.txt", random_text(40, 300, 2) + " a#b c=d");
  const std::string first = folder / "first", second = folder / "second run", third = folder / "third";
  train_run({odd + "/a b.txt",
             odd + "/-c.txt",
             "--out",
             first,
             "--dim",
             "8",
             "--context",
             "8",
             "--encoder",
             "attention",
             "--dropout",
             "0.2",
             "--watch",
             "w1:w2",
             "--watch",
             "w0:=",
             "--no-shuffle",
             "--no-decay",
             "*.bias",
             "--no-decay",
             "head.weight",
             "--steps",
             "12",
             "--ema",
             "0.9",
             "--lr",
             "0.0123",
             "--schedule",
             "multi-step",
             "--lr-milestones",
             "3,7",
             "--lowercase",
             "--clip-norm",
             "0.5",
             "--threads",
             "1"});
  train_run({"--config", first + "/config", "--out", second});
  CHECK(difference(contents(first), contents(second)) == "");
  train_run({"--config", second + "/config.json", "--out", third});
  CHECK(difference(contents(first), contents(third)) == "");
  CHECK(slurp(third + "/checkpoint.safetensors").find(folder / "") != std::string::npos);  // the texts' path
  CHECK(slurp(third + "/checkpoint.safetensors").find(third) == std::string::npos);
}

TEST_CASE("a longer run's file of flags says so, and one that a kill has left behind is mended", "[flags]") {
  SmallRuns runs;
  std::string run = runs.folder / "run";
  train_run({runs.text, "--out", run, "--dim", "6", "--steps", "4"});
  std::filesystem::remove(run + "/config");
  train_run({"--out", run, "--resume", "--steps", "6"});
  CHECK_THAT(slurp(run + "/config"), Contains("\nsteps = 6\n") && Contains("\ndim = 6\n"));
}
