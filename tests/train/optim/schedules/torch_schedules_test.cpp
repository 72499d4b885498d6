// Schedules against torch.optim.lr_scheduler's, step by step.
#include <cmath>
#include <map>

#include "catch.h"
#include "lexigrad/train/optim/schedules/schedule.h"
#include "support/fixture.h"

using namespace lexigrad;
using optim::Schedule;
using Json = nlohmann::json;

namespace {

Schedule made(const std::string& kind, const Json& a);

// The schedules of SequentialLR and ChainedScheduler.
Schedule part(const Json& a, size_t i) { return made(a.at("schedulers").at(i).at(0), a["schedulers"][i][1]); }

// What a user of torch would write here in place of each.
const std::map<std::string, Schedule (*)(const Json& a)> kKinds = {
    {"LinearLR",
     [](const Json& a) {
       return optim::linear(a.at("total_iters"), a.at("end_factor"), a.at("start_factor"));
     }},
    {"ConstantLR",
     [](const Json& a) { return optim::then(optim::constant(a.at("factor")), a.at("total_iters"), {}); }},
    {"PolynomialLR", [](const Json& a) { return optim::polynomial(a.at("total_iters"), a.at("power")); }},
    {"CosineAnnealingLR", [](const Json& a) { return optim::cosine(a.at("T_max"), a.at("eta_min")); }},
    {"CosineAnnealingWarmRestarts",
     [](const Json& a) { return optim::warm_restarts(a.at("T_0"), a.at("T_mult"), a.at("eta_min")); }},
    {"StepLR", [](const Json& a) { return optim::step_decay(a.at("step_size"), a.at("gamma")); }},
    {"MultiStepLR",
     [](const Json& a) {
       return optim::multi_step(a.at("milestones").get<std::vector<int64_t>>(), a.at("gamma"));
     }},
    {"ExponentialLR", [](const Json& a) { return optim::exponential(a.at("gamma")); }},
    {"OneCycleLR",
     [](const Json& a) {
       double start = 1 / a.at("div_factor").get<double>();
       return optim::one_cycle(a.at("total_steps"), {.start = start,
                                                     .end = start / a.at("final_div_factor").get<double>(),
                                                     .rise = a.at("pct_start"),
                                                     .straight = a.at("anneal_strategy") == "linear",
                                                     .three_phases = a.at("three_phase")});
     }},
    {"SequentialLR",
     [](const Json& a) {
       int64_t first = a.at("milestones").at(0), second = a["milestones"].at(1);
       return optim::then(part(a, 0), first, optim::then(part(a, 1), second - first, part(a, 2)));
     }},
    {"ChainedScheduler", [](const Json& a) { return optim::times(part(a, 0), part(a, 1)); }},
};

Schedule made(const std::string& kind, const Json& a) { return kKinds.at(kind)(a); }

}  // namespace

TEST_CASE("schedules are torch's, step by step", "[schedule]") {
  std::map<std::string, int> cases;
  for (const Json& each : test::fixture("schedules.json").at("cases")) {
    const std::string& kind = each.at("kind").get_ref<const std::string&>();
    INFO(kind << " " << each.at("arguments").dump());
    ++cases[kind];
    Schedule schedule = made(kind, each.at("arguments"));
    const auto shares = each.at("shares").get<std::vector<double>>();
    REQUIRE(shares.size() == 40);
    for (size_t step = 0; step < shares.size(); ++step) {
      double is = schedule(static_cast<int64_t>(step));
      INFO("step " << step << ": " << is << " for " << shares[step]);
      CHECK(std::abs(is - shares[step]) <= 1e-12 * shares[step]);
    }
  }
  CHECK(cases.size() == kKinds.size());
}
