// What holds for every row of schedules(), a row of the tests' own among them.
#include "lexigrad/train/optim/schedules/schedules.h"

#include <cmath>
#include <fstream>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

#include "catch.h"
#include "support/paths.h"
#include "support/throws.h"

using namespace lexigrad;

namespace {

const optim::ScheduleEntry kHalves({.name = "halves",
                                    .help = "half the rate every so many steps",
                                    .options = {{"halve-after", int64_t{10}, Whole{1, 1000}, "steps"}},
                                    .uses_total = false,
                                    .make = [](int64_t, const OptionValues& options) -> optim::Schedule {
                                      int64_t after = options.get<int64_t>("halve-after");
                                      return [after](int64_t step) { return std::exp2(-(step / after)); };
                                    }});

struct Case {
  double total;       // steps behind the warm-up
  double end = 0;     // --lr-end
  double warmup = 0;  // steps
};
double line(double from, double to, double x) { return from * (1 - x) + to * x; }
double wave(double from, double to, double x) {
  double half = std::cos(M_PI / 2 * x);
  return line(to, from, half * half);
}
// Shares in step s behind the warm-up, under options_of() or the defaults.
const std::map<std::string, double (*)(double s, const Case&)> kFormulas = {
    {"constant", [](double, const Case&) { return 1.0; }},
    {"plateau", [](double, const Case&) { return 1.0; }},  // times what the held-out losses make of it
    {"linear", [](double s, const Case& c) { return line(1, c.end, s / c.total); }},
    {"cosine", [](double s, const Case& c) { return wave(1, c.end, s / c.total); }},
    {"polynomial",
     [](double s, const Case& c) { return line(c.end, 1, (1 - s / c.total) * (1 - s / c.total)); }},
    {"one-cycle",
     [](double s, const Case& c) {
       double top = 0.3 * c.total - 1;
       if (s <= top) return wave(0.04, 1, s / top);
       return wave(1, c.end, c.total > 1 ? std::min(1.0, (s - top) / (c.total - 1 - top)) : 1);
     }},
    {"trapezoid",
     [](double s, const Case& c) {
       double fall = std::max(1.0, std::round(0.2 * c.total));
       return line(1, c.end, std::max(0.0, 1 - (c.total - s) / fall));
     }},
    {"step", [](double s, const Case&) { return std::pow(10, -std::floor(s / 7)); }},
    {"multi-step", [](double s, const Case&) { return s < 3    ? 1
                                                      : s < 11 ? 0.1
                                                      : s < 12 ? 0.01
                                                               : 0.001; }},
    {"exponential", [](double s, const Case&) { return std::exp(-std::log(10) * s / 7); }},
    {"inverse-sqrt", [](double s, const Case& c) { return 1 / std::sqrt(1 + s / (c.warmup + 1)); }},
    {"warm-restarts",
     [](double s, const Case& c) {
       double begin = s < 5    ? 0
                      : s < 15 ? 5
                      : s < 35 ? 15
                               : 35,
              length = s < 5    ? 5
                       : s < 15 ? 10
                       : s < 35 ? 20
                                : 40;
       return wave(1, c.end, (s - begin) / length);
     }},
    {"halves", [](double s, const Case&) { return std::pow(0.5, std::floor(s / 10)); }},
};

OptionValues options_of(const optim::ScheduleKind& kind, int64_t warmup, double end) {
  OptionValues out(kind.options);
  const std::pair<const char*, OptionValue> short_ones[] = {{"lr-end", end},
                                                            {"lr-every", int64_t{7}},
                                                            {"lr-milestones", std::string("3,11,12")},
                                                            {"lr-period", int64_t{5}},
                                                            {"lr-period-factor", int64_t{2}}};
  for (const auto& [name, value] : short_ones)
    if (out.has(name)) out.set(name, value);
  out.set("warmup", warmup);
  return out;
}

double share(const optim::Schedule& schedule, int64_t step) { return schedule ? schedule(step) : 1; }

}  // namespace

TEST_CASE("every schedule is its formula behind its warm-up, and ends where the run does", "[schedule]") {
  for (const optim::ScheduleKind& kind : optim::schedules()) {
    INFO(kind.name);
    CHECK_FALSE(kind.help.empty());
    REQUIRE(kFormulas.contains(kind.name));
    for (int64_t warmup : {0, 1, 7})
      for (Case c : {Case{40, 0}, Case{40, 0.25}, Case{1, 0.5}}) {
        c.warmup = static_cast<double>(warmup);
        auto total = static_cast<int64_t>(c.total);
        optim::Schedule schedule =
            optim::make_schedule(kind.name, warmup + total, options_of(kind, warmup, c.end));
        for (int64_t step = 0; step < warmup; ++step)
          CHECK(share(schedule, step) == static_cast<double>(step + 1) / static_cast<double>(warmup + 1));
        for (int64_t step = 0; step <= total; ++step) {
          double is = share(schedule, warmup + step),
                 formula = kFormulas.at(kind.name)(static_cast<double>(step), c);
          INFO("step " << step << " of " << total << " behind " << warmup << ", end " << c.end);
          CHECK(std::abs(is - formula) <= 1e-12 * formula + 1e-15);
          CHECK((is >= 0 && is <= 1));
        }
        if (kind.name != "one-cycle") CHECK(share(schedule, warmup) == 1);
        if (!kind.uses_total) continue;
        for (int64_t after : {0, 1, 1000})
          CHECK(share(schedule, warmup + total + after) == Approx(c.end).margin(1e-15));
      }
  }
}

TEST_CASE("a run that goes on at a step has the shares of one that never stopped", "[schedule]") {
  for (const optim::ScheduleKind& kind : optim::schedules()) {
    INFO(kind.name);
    OptionValues options = options_of(kind, 3, 0.25);
    optim::Schedule whole = optim::make_schedule(kind.name, 50, options);
    std::vector<double> shares;
    for (int64_t step = 0; step < 50; ++step) shares.push_back(whole(step));
    for (int64_t stop : {0, 2, 17, 49}) {
      optim::Schedule rest = optim::make_schedule(kind.name, 50, options);
      for (int64_t step = stop; step < 50; ++step) CHECK(rest(step) == shares[static_cast<size_t>(step)]);
    }
  }
}

TEST_CASE("a run without steps, and one that is all warm-up, have every schedule", "[schedule]") {
  for (const optim::ScheduleKind& kind : optim::schedules())
    for (int64_t total : {0, 1, 5}) {
      optim::Schedule schedule = optim::make_schedule(kind.name, total, options_of(kind, 5, 0.5));
      INFO(kind.name << " " << total);
      for (int64_t step : {0, 4, 5, 6}) CHECK((schedule(step) > 0 && schedule(step) <= 1));
    }
}

TEST_CASE("an option that several schedules have is the same to all", "[schedule]") {
  std::map<std::string, Option> seen;
  for (const optim::ScheduleKind& kind : optim::schedules())
    for (const Option& option : kind.options) {
      INFO(kind.name << " " << option.name);
      const Option& first = seen.try_emplace(option.name, option).first->second;
      CHECK(option.standard == first.standard);
      CHECK(option.help == first.help);
      CHECK(option.valid.index() == first.valid.index());
    }
  CHECK(seen.size() >= 11);
}

TEST_CASE("milestones are steps with commas between them", "[schedule]") {
  auto made = [](const std::string& milestones) {
    OptionValues options(optim::schedules().at("multi-step").options);
    options.set("warmup", int64_t{0});
    options.set("lr-milestones", milestones);
    options.set("lr-factor", 0.5);
    return optim::make_schedule("multi-step", 9, options);
  };
  CHECK(made("7")(6) == 1);
  CHECK(made("7")(7) == 0.5);
  CHECK(made("2,7")(7) == 0.25);
  for (const char* wrong : {"", ",", "7,", ",7", "7,,8", "7;8", "7 ", "x", "7.5", "99999999999999999999"})
    CHECK(message_of([&] { made(wrong); }) ==
          std::string("[schedule] lr-milestones is \"") + wrong + "\" (valid are steps as 500,1000)");
  CHECK(message_of([&] { made("7,7"); }) ==
        "[schedule] milestone 1 is 7 (valid are steps from 1 on, each above the one before)");
}

TEST_CASE("the page of the command has every schedule with its options", "[schedule][docs]") {
  std::ifstream in(test::in_source("docs/command.md"));
  std::string page{std::istreambuf_iterator<char>(in), {}};
  for (const optim::ScheduleKind& kind : optim::schedules()) {
    if (optim::schedules().is_own(kind)) continue;
    INFO(kind.name);
    size_t at = page.find("\n| `" + kind.name + "` |");
    REQUIRE(at != std::string::npos);
    std::string row = page.substr(at + 1, page.find('\n', at + 1) - at);
    for (const Option& option : kind.options) CHECK_THAT(row, Catch::Matchers::Contains("--" + option.name));
  }
}

TEST_CASE("a schedule says whether it needs to know the run's length", "[schedule]") {
  for (const optim::ScheduleKind& kind : optim::schedules()) {
    INFO(kind.name);
    OptionValues options = options_of(kind, 2, 0.125);
    auto shorter = optim::make_schedule(kind.name, 30, options),
         longer = optim::make_schedule(kind.name, 50, options);
    bool differs = false;
    for (int64_t step = 0; step < 30; ++step) differs = differs || shorter(step) != longer(step);
    CHECK(differs == kind.uses_total);
  }
}

TEST_CASE("a schedule that is not there is refused with the names of all", "[schedule]") {
  CHECK(
      message_of([] { optim::make_schedule("slow", 1, {}); }) ==
      "[schedule] There is no schedule \"slow\" (valid are constant, linear, cosine, polynomial, one-cycle, "
      "trapezoid, step, multi-step, exponential, inverse-sqrt, warm-restarts, plateau, halves)");
}
