#include "support/command.h"
#include "train/runs/support.h"

using namespace lexigrad;
using namespace lexigrad::test;
using Catch::Matchers::Contains;

TEST_CASE("graph writes a run's page", "[command]") {
  Folder folder;
  spill(folder / "text.txt", random_text(40, 480));
  std::string run = folder / "run";
  train_run({folder / "text.txt", "--out", run, "--dim", "6", "--context", "8", "--steps", "3"});
  CommandResult result = run_command({"graph", run});
  CHECK(result.exit == 0);
  CHECK_THAT(result.out, Contains(run + "/graph.html"));
  std::string page = slurp(run + "/graph.html");
  CHECK_THAT(page, Contains("at step 3") && Contains("NextTokenModel.token") && Contains("head.weight"));
  CHECK(run_command({"graph", run, "--out", folder / "g.html"}).exit == 0);
  CHECK(slurp(folder / "g.html") == page);
  CHECK_THAT(failed_command(1, {"graph", folder / "none"}), Contains("none"));
  CHECK_THAT(failed_command(1, {"graph", folder / "text.txt"}), Contains("is a file"));
}
