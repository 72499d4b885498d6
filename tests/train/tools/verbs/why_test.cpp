#include <nlohmann/json.hpp>

#include "lexigrad/data/tokenizers/word_tokenizer.h"
#include "train/runs/support.h"
#include "train/tools/run_folder.h"

using namespace lexigrad;
using namespace lexigrad::test;
using Catch::Matchers::Contains;

namespace {

constexpr const char* kText =
    "cat eats fish . dog eats fish . cat runs home . dog runs home . cow eats grass . fox digs holes .\n";
// Figures are numpy's by the definition of PPMI, the learnt cosine that of the angles of fan().
constexpr const char* kAnswer =
    "A is cat (2 in the text), B is dog (2); contexts are within 2 tokens\n"
    "shared context        near A    near B    PPMI A    PPMI B     share\n"
    "fish                       2         2      1.32      1.03    0.5608\n"
    "home                       1         2      0.63      1.03    0.2667\n"
    "2 others                                                      0.0908\n"
    "cosine by contexts                                            0.9182\n"
    "cosine of vectors                                             0.9439\n"
    "A: ... fish. cat runs home ...\n"
    "B: ... fish. dog eats fish ...\n";

// A run that was trained on kText.
std::string trained(const Folder& folder) {
  spill(folder / "text.txt", kText);
  write_run(folder / "run", data::WordTokenizer::from_text(kText));
  train::TrainConfig config;
  config.dim = 2;
  config.text = folder / "text.txt";
  spill(folder / "run/config.json", train::config_json(config));
  return folder / "run";
}

}  // namespace

TEST_CASE("why lists the contexts of two words, from the text and from its token file", "[why]") {
  Folder folder;
  const std::string run = trained(folder);
  const Words flags = {"-k", "2", "--window", "2"};
  CommandResult result = run_command(Words{"why", run, "cat", "dog"} + flags);
  CHECK(result.err.empty());
  CHECK(result.out == kAnswer);
  REQUIRE(run_command({"tokenize", folder / "text.txt", "--run", run, "--out", folder / "a.tokens"}).exit ==
          0);
  CHECK(run_command(Words{"why", run, "cat", "dog", "--text", folder / "a.tokens"} + flags).out == kAnswer);
}

TEST_CASE("why as JSON has all digits, and shares that add up", "[why]") {
  Folder folder;
  CommandResult result = run_command({"why", trained(folder), "cat", "dog", "--window", "2", "--json"});
  const nlohmann::json json = nlohmann::json::parse(result.out);
  CHECK((json["a"] == "cat" && json["b"] == "dog" && json["count_a"] == 2 && json["window"] == 2));
  CHECK((json["shared_contexts"] == 4 && json["contexts"].size() == 4));
  double sum = 0;
  for (const auto& each : json["contexts"]) sum += each["share"].get<double>();
  CHECK(sum == Approx(json["cosine_by_contexts"].get<double>()).epsilon(1e-14));
  CHECK(json["contexts"][1]["word"] == "home");
  CHECK((json["contexts"][1]["near_a"] == 1 && json["contexts"][1]["near_b"] == 2));
  CHECK(json["example_b"] == "fish. dog eats fish");
}

TEST_CASE("why says what is missing: words, texts, the run, the vocabulary", "[why]") {
  Folder folder;
  const std::string run = trained(folder), text = folder / "text.txt", few = folder / "few.txt",
                    other = folder / "other.tokens";
  spill(few, "cat eats .");
  CHECK(failed_command(1, {"why", run, "cat", "dgo"}) ==
        "lexigrad: [vocabulary] \"dgo\" is not among the 14 tokens. Hint: did you mean \"dog\"?");
  CHECK(
      failed_command(1, {"why", run, "cat", "dog", "--text", few}) ==
      "lexigrad: [why] \"dog\" is not in the text, and nothing there pulled it. Hint: name the text of the run's "
      "training by --text");
  CHECK(failed_command(1, {"why", text, "cat", "dog"}) ==
        "lexigrad: [why] " + text +
            " is a file. Hint: name a folder that `lexigrad train TEXT --out RUN` wrote");
  REQUIRE(run_command({"tokenize", few, "--tokenizer", "word", "--out", other}).exit == 0);
  CHECK(
      failed_command(1, {"why", run, "cat", "dog", "--text", other}) ==
      "lexigrad: [why] Its ids are of another vocabulary than the run's. Hint: the token file of its training (" +
          other + ")");
  CHECK(failed_command(1, {"why", run, "cat", "dog", "--text", other, other}) ==
        "lexigrad: [why] There are 2 token files. Hint: name one of them by --text");
  std::filesystem::remove(text);
  CHECK(
      failed_command(1, {"why", run, "cat", "dog"}) ==
      "lexigrad: [file] Cannot read: No such file or directory. Hint: check the path: it starts at the current "
      "folder (" +
          text + "). The run was trained on it; --text names it where it has moved");
  train::TrainConfig config;
  config.text = "-";
  spill(run + "/config.json", train::config_json(config));
  CHECK(failed_command(1, {"why", run, "cat", "dog"}) ==
        "lexigrad: [why] The run read its text from standard input. Hint: name a file of it by --text");
  CHECK(run_command({"why", run, "cat"}).exit == 2);
  CHECK(run_command({"why", run, "cat", "dog", "--window", "0"}).exit == 2);
}
