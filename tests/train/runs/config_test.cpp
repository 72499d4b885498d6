// A run's options and the tables of what is chosen by its name.
#include "lexigrad/train/runs/config.h"

#include <map>

#include "catch.h"

using namespace lexigrad;

namespace {

// The options of all rows of the tables, by name.
std::map<std::string, Option> table_options() {
  std::map<std::string, Option> out{{"warmup", optim::warmup_option()}};
  for (const auto& kind : optim::optimizers())
    for (const Option& option : kind.options) out.emplace(option.name, option);
  for (const auto& kind : optim::schedules())
    for (const Option& option : kind.options) out.emplace(option.name, option);
  return out;
}

bool same(const Real& a, const train::Real& b) { return a.low == b.low && a.high == b.high; }
bool same(const Whole& a, const train::Whole& b) { return a.low == b.low && a.high == b.high; }

}  // namespace

TEST_CASE("flags that are options of a table have its defaults, limits and help", "[config]") {
  std::map<std::string, Option> options = table_options();
  int found = 0;
  const train::TrainConfig config;
  train::TrainConfig::fields(config, [&]<class Value, class Limits>(const char* flag, const Value& value,
                                                                    const Limits& limits, const char* help) {
    auto at = options.find(flag);
    if (at == options.end()) return;
    INFO(flag);
    ++found;
    CHECK(at->second.help == help);
    if constexpr (std::is_same_v<Limits, train::Real>) {
      CHECK(std::get<double>(at->second.standard) == value);
      CHECK(same(std::get<Real>(at->second.valid), limits));
    } else if constexpr (std::is_same_v<Limits, train::Whole>) {
      CHECK(std::get<int64_t>(at->second.standard) == value);
      CHECK(same(std::get<Whole>(at->second.valid), limits));
    } else {
      FAIL("an option of another type");
    }
  });
  CHECK(found == 4);
}

TEST_CASE("the tables' rows are what optimizer and schedule may be", "[config]") {
  train::TrainConfig config;
  for (const auto& kind : optim::optimizers()) {
    config.optimizer = kind.name;
    CHECK_NOTHROW(config.check());
    for (const Option& option : kind.options) CHECK(config.options().has(option.name));
  }
  for (const auto& kind : optim::schedules()) {
    config.schedule = kind.name;
    CHECK_NOTHROW(config.check());
    for (const Option& option : kind.options) CHECK(config.options().has(option.name));
  }
}
