// `lexigrad train TEXT --find-lr`.
#include "lexigrad/train/runs/find_lr.h"

#include <regex>

#include "train/runs/small_runs.h"

using namespace lexigrad;
using namespace lexigrad::test;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

TEST_CASE("the finder draws a curve, names rates that train, and leaves nothing but what it was asked for",
          "[find_lr]") {
  SmallRuns runs;
  Words flags{"train", runs.text, "--dim", "8", "--context", "8", "--batch", "8", "--find-lr"};
  CommandResult plain = run_command(flags);
  INFO(plain.err);
  REQUIRE(plain.exit == 0);
  CHECK(runs.folder.files() == 1);
  CHECK_THAT(plain.out,
             Catch::StartsWith("loss over the learning rate\n") && Contains("1.0e-07") && Contains("⢆⡀"));
  std::smatch found;
  REQUIRE(std::regex_search(plain.out, found, std::regex("Try  --lr ([0-9.e-]+) .* or  --lr ([0-9.e-]+) ")));
  for (size_t i : {1, 2}) CHECK((std::stod(found[i]) > 1e-3 && std::stod(found[i]) < 1));  // Adam's

  std::string folder = runs.folder / "rates";
  CommandResult drawn =
      run_command(flags + Words{"--out", folder, "--schedule", "cosine", "--warmup", "50", "--lr", "2"});
  CHECK(drawn.out == plain.out + "In " + folder + ": lr_finder.svg (the picture), lr_finder.tsv\n");
  CHECK_THAT(slurp(folder + "/lr_finder.svg"), Catch::StartsWith("<svg") && Contains("learning rate, log10"));
  std::istringstream table(slurp(folder + "/lr_finder.tsv"));
  std::string line;
  std::getline(table, line);
  CHECK(line == "rate\tloss\tsmoothed");
  std::getline(table, line);
  CHECK(std::stod(line) == 1e-7);
  CHECK(std::distance(fs::directory_iterator(folder), {}) == 2);
}

TEST_CASE("the finder's steps can be chosen, and it goes with no other way to run", "[find_lr]") {
  SmallRuns runs;
  std::string folder = runs.folder / "rates";
  REQUIRE(run_command({"train", runs.text, "--find-lr", "--steps", "12", "--out", folder}).exit == 0);
  std::string table = slurp(folder + "/lr_finder.tsv");
  CHECK(std::count(table.begin(), table.end(), '\n') <= 13);
  CHECK(failed_command(2, {"train", runs.text, "--find-lr", "--plan"}) ==
        "lexigrad: [train] --find-lr goes with neither --plan nor --resume. Hint: first find, then train");
}
