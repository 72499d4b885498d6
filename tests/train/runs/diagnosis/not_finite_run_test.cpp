// A run that meets a value that is not finite stops where it was good, and says what it met.
#include <nlohmann/json.hpp>

#include "lexigrad/data/sampler.h"
#include "lexigrad/train/loop/checkpoint.h"
#include "train/runs/small_runs.h"

using namespace lexigrad;
using namespace lexigrad::test;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

constexpr int64_t kWindow = 23;

// 600 words. In window 23 of 8, and nowhere else, stands "bad bad": a word whose vector is finite, but not the sum of
// two of it.
struct Poisoned {
  Folder folder;
  std::string text = folder / "text", vectors = folder / "start.vec", run = folder / "run";
  std::string window;
  int64_t batch = -1;  // of epoch 0, in which it is

  Poisoned() {
    std::string whole;
    for (int64_t i = 0; i < 600; ++i) {
      bool bad = i / 8 == kWindow && (i % 8 == 3 || i % 8 == 4);
      std::string word = bad ? "bad" : "w" + std::to_string(i * i % 41);
      whole += word + " ";
      if (i / 8 == kWindow || i == kWindow * 8 + 8) window += (window.empty() ? "" : " ") + word;
    }
    spill(text, whole);
    spill(vectors, "1 8\nbad 3e38 3e38 3e38 3e38 3e38 3e38 3e38 3e38\n");
    auto epoch = data::BatchSampler(67, {.batch_size = 8, .shuffle = true, .seed = 123}).epoch(0);
    for (int64_t b = 0; b < 9; ++b)
      for (int64_t w : epoch[b])
        if (w == kWindow) batch = b;
  }
  Words flags() const {
    return {text, "--out",   run, "--vectors",    vectors, "--encoder", "mean", "--dim", "8", "--context",
            "8",  "--batch", "8", "--save-every", "1",     "--steps",   "9"};
  }
  CommandResult train(const Words& more = {}) const { return run_command(Words{"train"} + flags() + more); }
  nlohmann::json report() const { return nlohmann::json::parse(slurp(run + "/not_finite.json")); }
};

}  // namespace

TEST_CASE("the step that is not finite names op, batch, windows and text, on the terminal and in a file",
          "[not finite]") {
  Poisoned poisoned;
  const int64_t step = poisoned.batch + 1;
  REQUIRE(step > 1);
  for (const Words& more : {Words{}, Words{"--check-numerics"}, Words{"--clip-norm", "1"}}) {
    fs::remove_all(poisoned.run);
    CommandResult result = poisoned.train(more);
    CHECK(result.exit == 1);
    CHECK_THAT(result.err, Contains(text("at step ", step)) &&
                               Contains(text("batch ", poisoned.batch, " of epoch 0")) &&
                               Contains(" made inf") && Contains("NextTokenModel") &&
                               Contains(text("checkpoint.safetensors of step ", step - 1)));
    nlohmann::json report = poisoned.report();
    CHECK(report.at("step") == step);
    CHECK(report.at("checkpoint") == step - 1);
    CHECK_THAT(report.at("message").get<std::string>(), Contains(" made inf at index"));
    REQUIRE(report.at("batches").size() == 1);
    const auto& batch = report["batches"][0];
    CHECK((batch.at("epoch") == 0 && batch.at("batch") == poisoned.batch));
    auto windows = batch.at("windows").get<std::vector<int64_t>>();
    auto at = std::find(windows.begin(), windows.end(), kWindow) - windows.begin();
    REQUIRE(at < 8);
    CHECK(batch.at("texts")[static_cast<size_t>(at)] == poisoned.window);
    CHECK(train::read_checkpoint(poisoned.run).position.step == step - 1);
  }
}

TEST_CASE("the step that was refused is refused again when it is made alone", "[not finite]") {
  Poisoned poisoned;
  CHECK(poisoned.train().exit == 1);
  auto files = contents(poisoned.run);
  std::string step = std::to_string(poisoned.batch + 1);
  CommandResult again = run_command({"train", "--replay", step, "--out", poisoned.run, "--json"});
  CHECK(again.exit == 1);
  auto json = nlohmann::json::parse(again.out);
  CHECK(json.at("made") == false);
  CHECK(json.at("not_finite") == poisoned.report().at("message"));
  CHECK(json.at("batches") == poisoned.report().at("batches"));
  CHECK(run_command({"train", "--replay", std::to_string(poisoned.batch), "--out", poisoned.run}).exit == 0);
  CHECK(difference(files, contents(poisoned.run)) == "");
}

TEST_CASE("a run that goes on takes the report of before away, and a long text is cut at a whole letter",
          "[not finite]") {
  Poisoned poisoned;
  CHECK(poisoned.train().exit == 1);
  CHECK(run_command({"train", "--resume", "--out", poisoned.run}).exit == 1);  // the same again
  CHECK(fs::exists(poisoned.run + "/not_finite.json"));
  CHECK(run_command({"train", "--resume", "--out", poisoned.run, "--steps", std::to_string(poisoned.batch)})
            .exit == 0);
  std::string words;
  for (int i = 0; i < 600; ++i)
    words += "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6" +
             std::string(1, "abc"[i % 3]) + std::to_string(i % 41) + " ";
  spill(poisoned.text, words);
  CommandResult result =
      run_command({"train", poisoned.text, "--out", poisoned.folder / "long", "--lr", "1e30", "--optimizer",
                   "sgd", "--dim", "8", "--context", "16", "--steps", "9"});
  CHECK(result.exit == 1);
  auto report = nlohmann::json::parse(slurp(poisoned.folder / "long/not_finite.json"));
  for (const auto& each : report.at("batches")[0].at("texts")) {
    std::string shown = each.get<std::string>();
    CHECK(shown.ends_with("..."));
    CHECK(shown.size() <= 163);
    CHECK(shown.find("\\x") == std::string::npos);
  }
}
