// Runs on several corpora that are mixed by weights, and on windows that are shuffled by blocks.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "lexigrad/data/tokenizers/tokenizers.h"
#include "lexigrad/train/runs/run.h"
#include "lexigrad/train/runs/run_text.h"
#include "train/runs/support.h"

using namespace lexigrad;
using namespace lexigrad::test;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

// Two corpora of one vocabulary: the words of the first begin with w, those of the second with v.
struct Corpora {
  Folder folder;
  const std::string a = folder / "a.tokens", b = folder / "b.tokens";
  int count = 0;

  Corpora() {
    std::string first = random_text(40, 960), second = random_text(30, 240, 2);
    std::replace(second.begin(), second.end(), 'w', 'v');
    spill(folder / "all", first + second);
    spill(folder / "first", first);
    spill(folder / "second", second);
    const std::string all = folder / "all.tokens";
    REQUIRE(run_command({"tokenize", "--tokenizer", "word", folder / "all", "--out", all}).exit == 0);
    for (auto [text, tokens] : {std::pair{"first", a}, {"second", b}})
      REQUIRE(run_command({"tokenize", "--run", all, folder / text, "--out", tokens}).exit == 0);
  }
  Words flags(const Words& more = {}) const {
    return Words{a, b, "--mix", "0.7,0.3", "--dim", "6", "--context", "8", "--batch", "10"} + more;
  }
  std::map<std::string, std::string> run(const Words& flags) {
    const std::string path = folder / ("run" + std::to_string(++count));
    train_run(flags + Words{"--out", path});
    return contents(path);
  }
  std::string refused(int code, const Words& flags) const {
    return failed_command(code, Words{"train"} + flags + Words{"--out", folder / "x"});
  }
};

std::map<std::string, std::string> without_history(std::map<std::string, std::string> files) {
  for (const char* name : {"log.jsonl", "loss.svg", "checkpoint.previous.safetensors"}) files.erase(name);
  std::erase_if(files, [](const auto& file) { return file.first.starts_with("ngrams.table."); });  // commits
  return files;
}

}  // namespace

TEST_CASE("a batch of a mixed run has as many windows of each corpus as its weights say", "[mix]") {
  Corpora corpora;
  corpora.run(corpora.flags({"--steps", "12"}));
  for (const char* step : {"1", "2", "12"}) {
    CommandResult shown =
        run_command({"train", "--replay", step, "--json", "--out", corpora.folder / "run1"});
    REQUIRE(shown.exit == 0);
    int of_a = 0, of_b = 0;
    const nlohmann::json step_json = nlohmann::json::parse(shown.out);
    for (const auto& text : step_json.at("batches").at(0).at("texts")) {
      const auto words = text.get<std::string>();
      const bool has_w = words.find('w') != words.npos, has_v = words.find('v') != words.npos;
      CHECK(has_w != has_v);
      of_a += has_w, of_b += has_v;
    }
    CHECK((of_a == 7 && of_b == 3));
  }
}

TEST_CASE("a mixed run that was stopped and resumed has the bytes of one that never stopped, on any threads",
          "[mix]") {
  Corpora corpora;
  for (const Words& more : {Words{},
                            {"--shuffle-block", "4"},
                            {"--document-mask", "--no-shuffle"},
                            {"--ngram-rows", "50", "--ngram-memory", "6"},
                            {"--accumulate", "3"}}) {
    INFO(fmt::format("{}", fmt::join(more, " ")));
    const Words flags = corpora.flags(more) + Words{"--save-every", "1000", "--schedule", "constant"};
    auto whole = corpora.run(flags + Words{"--steps", "31"});
    CHECK(difference(whole, corpora.run(flags + Words{"--steps", "31", "--threads", "3"})) ==
          "config differs; config.json differs; ");
    auto stopped = corpora.run(flags + Words{"--steps", "20"});
    CHECK(stopped.at("vectors.safetensors") != whole.at("vectors.safetensors"));
    const std::string path = corpora.folder / ("run" + std::to_string(corpora.count));
    train_run({"--out", path, "--resume", "--steps", "31"});
    CHECK(difference(without_history(whole), without_history(contents(path))) == "");
  }
}

TEST_CASE("weights decide what a mixed run learns, and a resumed one keeps them", "[mix]") {
  Corpora corpora;
  Words flags = corpora.flags({"--steps", "20"});
  auto whole = corpora.run(flags);
  flags[3] = "7,3";
  CHECK(corpora.run(flags).at("vectors.safetensors") == whole.at("vectors.safetensors"));
  flags[3] = "0.6,0.4";
  CHECK(corpora.run(flags).at("vectors.safetensors") != whole.at("vectors.safetensors"));
  CHECK_THAT(failed_command(1, {"train", "--resume", "--mix", "0.6,0.4", "--out", corpora.folder / "run1"}),
             Contains("--mix \"0.6,0.4\" (the run has \"0.7,0.3\")"));
}

TEST_CASE("a mixed run says how often it went through each corpus, and each held-out loss", "[mix]") {
  Corpora corpora;
  const std::string out = corpora.folder / "m";
  // 960 and 240 words and a full stop for each 12; a tenth is held out. 30 batches are two epochs, of 14 batches of ten
  // windows and one of five each.
  constexpr int64_t a_windows = (1040 - 104 - 1) / 8, b_windows = (260 - 26 - 1) / 8;
  static_assert(a_windows + b_windows == 145);
  CommandResult result =
      run_command(Words{"train"} + corpora.flags({"--steps", "30", "--seed", "5", "--out", out}));
  REQUIRE(result.exit == 0);
  CHECK_THAT(
      result.out,
      Contains(fmt::format("a.tokens, 0.7 of the windows: gone through {:.2f} times", 203.0 / a_windows)) &&
          Contains(fmt::format("b.tokens, 0.3 of the windows: gone through {:.2f} times", 87.0 / b_windows)));
  // Before the first step the model is the same, whatever it will be trained on.
  const auto log = train::read_log(out + "/log.jsonl");
  double sum = 0;
  for (auto [tokens, weight] : {std::pair{"a.tokens", 0.7}, {"b.tokens", 0.3}}) {
    const std::string alone = corpora.folder / (std::string("alone_") + tokens);
    train_run({corpora.folder / tokens, "--dim", "6", "--context", "8", "--batch", "10", "--steps", "1",
               "--seed", "5", "--out", alone});
    const auto first = train::read_log(alone + "/log.jsonl").front();
    CHECK(log.front().measured.at(std::string("held_out/") + tokens) == first.validation.value());
    CHECK(first.measured.empty());
    sum += weight * log.back().measured.at(std::string("held_out/") + tokens);
  }
  CHECK(log.back().validation.value() == Approx(sum).epsilon(1e-12));
}

TEST_CASE("mixes that cannot be are refused in words", "[mix]") {
  Corpora corpora;
  const std::string &a = corpora.a, &b = corpora.b, other = corpora.folder / "other.tokens",
                    empty = corpora.folder / "empty.tokens", brief = corpora.folder / "brief.tokens";
  auto tokenize = [&](const Words& how, const std::string& text, const std::string& out) {
    spill(corpora.folder / "text", text);
    REQUIRE(run_command(Words{"tokenize", corpora.folder / "text", "--out", out} + how).exit == 0);
  };
  tokenize({"--tokenizer", "word"}, random_text(20, 300), other);
  tokenize({"--run", a}, "w1 w2 w3 w4 w5 w6 w7 w8 w9", brief);
  CHECK_THAT(corpora.refused(2, {a, b, "--mix", "1"}), Contains("1 weight for 2 corpora"));
  CHECK_THAT(corpora.refused(2, {a, b, "--mix", "1,2,3"}), Contains("3 weights for 2 corpora"));
  CHECK_THAT(corpora.refused(2, {a, b, "--mix", "1,-2"}), Contains("a weight is -2; it must be finite"));
  CHECK_THAT(corpora.refused(2, {a, b, "--mix", "1,0"}), Contains("a weight is 0;"));
  CHECK_THAT(corpora.refused(2, {a, b, "--mix", "inf,1"}), Contains("a weight is inf;"));
  CHECK_THAT(corpora.refused(2, {a, b, "--mix", "1,x"}), Contains("Hint: a number for each corpus"));
  CHECK_THAT(corpora.refused(2, {a, b, "--mix", "1,"}), Contains("Hint: a number for each corpus"));
  CHECK_THAT(corpora.refused(2, {a, b, "--mix", "1,1e-9"}), Contains("no whole numbers"));
  CHECK_THAT(corpora.refused(1, {a, other, "--mix", "1,1"}),
             Contains("other.tokens") && Contains("of another vocabulary") && Contains("--run"));
  CHECK_THAT(corpora.refused(1, {a, corpora.folder / "first", "--mix", "1,1"}),
             Contains("--mix takes token files alone"));
  CHECK_THAT(corpora.refused(1, {a, b}), Contains("--mix takes several token files"));
  CHECK_THAT(corpora.refused(1, {a, brief, "--mix", "1,1", "--context", "16"}),
             Contains("brief.tokens") && Contains("needs 17"));
  spill(corpora.folder / "nothing.jsonl", "{\"t\": \"\"}\n");
  REQUIRE(
      run_command({"tokenize", "--run", a, corpora.folder / "nothing.jsonl", "--field", "t", "--out", empty})
          .exit == 0);
  CHECK_THAT(corpora.refused(1, {a, empty, "--mix", "1,1"}),
             Contains("empty.tokens") && Contains("This corpus of the mix is empty"));
  CHECK_THAT(corpora.refused(2, {a, "--no-shuffle", "--shuffle-block", "4"}),
             Contains("--shuffle-block is for shuffled windows"));
}

TEST_CASE("without --shuffle-block nothing changes, with it the order alone", "[mix]") {
  Corpora corpora;
  const Words flags = {corpora.a, "--dim", "6", "--context", "8", "--steps", "20"};
  const auto plain = corpora.run(flags), off = corpora.run(flags + Words{"--shuffle-block", "0"}),
             blocks = corpora.run(flags + Words{"--shuffle-block", "4"});
  CHECK(difference(plain, off) == "");
  CHECK(plain.at("vectors.safetensors") != blocks.at("vectors.safetensors"));
  CHECK_THAT(
      failed_command(1, {"train", "--resume", "--shuffle-block", "4", "--out", corpora.folder / "run1"}),
      Contains("--shuffle-block 4 (the run has 0)"));
}

TEST_CASE("words of a mix are counted as often as the mix has them", "[mix]") {
  train::RunText text;
  text.tokenizer = data::make_tokenizer("word", "x y z");
  const int64_t x = text.tokenizer->id_of("x"), y = text.tokenizer->id_of("y");
  text.corpora.push_back(
      {.name = "", .training = std::vector<int64_t>{x, x, x, x, x, x, x, x}, .held_out = {}});
  text.corpora.push_back({.name = "", .training = std::vector<int64_t>{y, x}, .held_out = {}});
  auto counts = [&](const std::vector<double>& weights) {
    const std::vector<int64_t> all = text.occurrences(weights);
    return std::pair(all[static_cast<size_t>(x)], all[static_cast<size_t>(y)]);
  };
  CHECK(counts({}) == std::pair<int64_t, int64_t>(9, 1));
  CHECK(counts({1, 1}) == std::pair<int64_t, int64_t>(8, 3));    // 5 + 2.5 and 2.5, rounded
  CHECK(counts({1, 4}) == std::pair<int64_t, int64_t>(6, 4));    // 2 + 4 and 4
  CHECK(counts({99, 1}) == std::pair<int64_t, int64_t>(10, 1));  // none of what is there is 0
}
