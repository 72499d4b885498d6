// Plateau beside torch's ReduceLROnPlateau, over 200 losses.
#include "lexigrad/train/optim/schedules/plateau.h"

#include "catch.h"
#include "lexigrad/train/optim/schedules/schedules.h"
#include "support/fixture.h"
#include "support/throws.h"

using namespace lexigrad;

namespace {

optim::PlateauOptions options_of(const nlohmann::json& arguments) {
  return {.factor = arguments["factor"],
          .patience = arguments["patience"],
          .threshold = arguments["threshold"],
          .relative = arguments["threshold_mode"] == "rel",
          .cooldown = arguments["cooldown"],
          .end = arguments["min_lr"],
          .epsilon = arguments["eps"]};
}

}  // namespace

TEST_CASE("a plateau cuts the rate when torch's ReduceLROnPlateau does, and to the same", "[plateau]") {
  const nlohmann::json& torch = test::fixture("plateau.json");
  auto losses = torch["losses"].get<std::vector<double>>();
  REQUIRE(losses.size() == 200);
  for (const nlohmann::json& each : torch["cases"]) {
    INFO(each["arguments"]);
    optim::Plateau plateau(options_of(each["arguments"])), resumed = plateau;
    for (size_t i = 0; i < losses.size(); ++i) {
      double expected = each["shares"][i];
      INFO("loss " << i);
      CHECK(plateau.see(losses[i]) == Approx(expected).epsilon(1e-14));
      optim::Plateau other(options_of(each["arguments"]));  // goes on by the state alone
      other.load_state(resumed.state());
      other.see(losses[i]);
      resumed = other;
      CHECK(resumed.state().share == plateau.state().share);
    }
  }
}

TEST_CASE("a plateau's options are those of the schedule of its name", "[plateau]") {
  OptionValues options(optim::schedules().at(optim::kPlateau).options);
  options.set("lr-factor", 0.5);
  options.set("lr-patience", int64_t{1});
  options.set("lr-threshold", 0.25);
  options.set("lr-threshold-mode", std::string("abs"));
  options.set("lr-cooldown", int64_t{2});
  options.set("lr-end", 0.2);
  optim::Plateau plateau(optim::plateau_options(options));
  std::vector<double> shares;  // 4.75 is no improvement by 0.25, 4.5 is
  for (double loss : {5.0, 4.75, 4.75, 4.75, 4.75, 4.75, 4.75, 4.5, 4.5, 4.5, 4.5, 4.5, 4.5, 4.5, 4.5})
    shares.push_back(plateau.see(loss));
  CHECK(shares ==
        std::vector<double>{1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.2, 0.2, 0.2, 0.2, 0.2});
}

TEST_CASE("a plateau's options outside their ranges are refused", "[plateau]") {
  auto made = [](const optim::PlateauOptions& options) { optim::Plateau plateau(options); };
  CHECK(message_of([&] { made({.factor = 1}); }) == "[plateau] factor is 1 (valid: >= 0 and < 1)");
  CHECK(message_of([&] { made({.patience = -1}); }) ==
        "[plateau] patience and cooldown are -1 and 0 (valid: >= 0)");
  CHECK(message_of([&] { made({.threshold = -0.5}); }) ==
        "[plateau] threshold is -0.5 (valid: finite, >= 0)");
  CHECK(message_of([&] { made({.end = 1.5}); }) == "[plateau] end is 1.5 (valid: 0..1)");
}
