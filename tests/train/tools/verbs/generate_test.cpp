#include <nlohmann/json.hpp>

#include "support/command.h"
#include "train/runs/support.h"

using namespace lexigrad;
using namespace lexigrad::test;
using Catch::Matchers::Contains;

TEST_CASE("generate goes on with a text of a run's model", "[command]") {
  Folder folder;
  spill(folder / "text.txt", random_text(40, 1200));
  std::string run = folder / "run";
  train_run({folder / "text.txt",
             "--out",
             run,
             "--dim",
             "16",
             "--context",
             "8",
             "--steps",
             "5",
             "--encoder",
             "attention",
             "--layers",
             "2",
             "--heads",
             "2",
             "--positions",
             "rope-half-split",
             "--tied",
             "--dropout",
             "0.1"});
  auto text_of = [&](const Words& more) {
    CommandResult result =
        run_command(Words{"generate", run, "--prompt", "w1 w2", "--max-tokens", "12"} + more);
    INFO(result.err);
    CHECK(result.exit == 0);
    return result.out;
  };
  std::string text = text_of({"--seed", "4"});
  CHECK_THAT(text, Catch::Matchers::StartsWith("w1 w2"));
  CHECK(text.back() == '\n');
  CHECK(text_of({"--seed", "4"}) == text);
  CHECK(text_of({"--seed", "5"}) != text);
  std::string greedy = text_of({"--greedy"});
  CHECK(text_of({"--greedy", "--no-cache"}) == greedy);
  nlohmann::json json = nlohmann::json::parse(text_of({"--greedy", "--json"}));
  CHECK(json.at("text").get<std::string>() + "\n" == greedy);
  CHECK(json.at("tokens") == 12);
  CHECK(json.at("stopped") == false);

  // A stop string ends the text before it; in the prompt it counts for nothing.
  std::string made = greedy.substr(5, greedy.size() - 6), stop = made.substr(made.size() / 2, 2);
  CHECK(text_of({"--greedy", "--stop", stop}) == "w1 w2" + made.substr(0, made.find(stop)) + "\n");
  CHECK(text_of({"--greedy", "--stop", "w1 w2"}).size() >= 6);

  CHECK(text_of({"--temperature", "0"}) == greedy);
  CHECK_THAT(failed_command(2, {"generate", run, "--stop", ""}), Contains("--stop is empty"));
  CHECK_THAT(failed_command(2, {"generate", run, "--stop", "a", "--stop", ""}), Contains("--stop is empty"));
  CHECK_THAT(failed_command(2, {"generate", run, "--temperature", "-1"}), Contains("temperature is -1"));
  CHECK_THAT(failed_command(2, {"generate", run, "--top-p", "1.5"}), Contains("top_p is 1.5"));
  CHECK_THAT(failed_command(1, {"generate", folder / "none"}), Contains("none"));
  CHECK_THAT(failed_command(1, {"generate", folder / "text.txt"}),
             Contains("[safetensors]") && Contains("text.txt"));
}

TEST_CASE("generate as JSON takes any bytes, of the prompt and of the text") {
  Folder folder;
  std::string bytes;
  for (int i = 0; i < 400; ++i) bytes += i % 3 == 0 ? "\xff" : i % 3 == 1 ? "\xe6\x97" : "\x1b[31m";
  spill(folder / "text", bytes);
  train_run({folder / "text", "--out", folder / "run", "--tokenizer", "char", "--dim", "4", "--steps", "20"});
  for (const char* prompt : {"", "caf\xe9", "\xe6\x97\x1b[31m"}) {
    CommandResult result =
        run_command({"generate", folder / "run", "--json", "--prompt", prompt, "--max-tokens", "9"});
    INFO(result.err);
    CHECK(result.exit == 0);
    nlohmann::json json = nlohmann::json::parse(result.out);
    CHECK_THAT(json.at("text").get<std::string>(), Contains("\xef\xbf\xbd"));  // U+FFFD
    CHECK(json.at("tokens") == 9);
  }
}
