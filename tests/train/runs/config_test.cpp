// A run's options and the tables of what is chosen by its name.
#include "lexigrad/train/runs/config.h"

#include <nlohmann/json.hpp>

#include "catch.h"
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/train/runs/run_folder.h"
#include "train/formats/folder.h"

using namespace lexigrad;

TEST_CASE("options of the tables are flags and keys with the defaults that runs have had", "[config]") {
  nlohmann::json json = nlohmann::json::parse(train::config_json({}));
  nlohmann::json expected = nlohmann::json::parse(R"({"min-count": 1, "gpt2-dir": "", "layers": 1,
       "heads": 4, "dropout": 0.0, "warmup": 0, "lr-end": 0.0, "momentum": 0.9, "weight-decay": 5e-5})");
  for (const auto& [key, value] : expected.items()) {
    INFO(key);
    CHECK(json.at(key) == value);
    CHECK(json.at(key).type() == value.type());
  }
}

TEST_CASE("the tables' rows are what optimizer and schedule may be, and their options can be given",
          "[config]") {
  train::TrainConfig config;
  auto has_all = [&](const std::vector<Option>& options) {
    for (const Option& option : options) CHECK(config.options.has(option.name));
  };
  for (const auto& kind : optim::optimizers()) {
    config.optimizer = kind.name;
    CHECK_NOTHROW(config.check());
    has_all(kind.options);
  }
  for (const auto& kind : optim::schedules()) {
    config.schedule = kind.name;
    CHECK_NOTHROW(config.check());
    has_all(kind.options);
  }
  config.options.set("momentum", 1.5);
  CHECK_THROWS_WITH(config.check(), Catch::Matchers::Contains("--momentum is 1.5; it must be a number >= 0"));
}

TEST_CASE("a config written under former names is read under today's", "[config]") {
  train::TrainConfig config = train::parse_config(R"({"row-mode": "lazy", "momentum": 0.5})", "config.json");
  CHECK(config.rows == "lazy");
  CHECK(config.options.get<double>("momentum") == 0.5);
}

TEST_CASE(
    "every key of config.json is checked where it is read: a value of another kind or out of range is named",
    "[config]") {
  const nlohmann::json good = nlohmann::json::parse(train::config_json({}));
  const char* values[] = {"null",
                          "true",
                          "\"x\"",
                          "\"\"",
                          "1.5",
                          "-1",
                          "2",
                          "[1]",
                          "[\"x\"]",
                          "{}",
                          "1e300",
                          "99999999999999999999",
                          "-99999999999999999999",
                          "\"\\u0000\""};
  int read = 0, refused = 0;
  for (const auto& [key, standard] : good.items())
    for (const char* value : values) {
      INFO(key << " " << value);
      nlohmann::json edited = good;
      edited[key] = nlohmann::json::parse(value);
      try {
        train::TrainConfig config = train::parse_config(edited.dump(), "config.json");
        CHECK_NOTHROW(config.check());
        CHECK(nlohmann::json::parse(train::config_json(config)) == edited);
        ++read;
      } catch (const FileError& error) {
        std::string what = error.what();
        CHECK(what.starts_with("[config] \"" + key + "\""));
        CHECK(what.find("json.exception") == std::string::npos);
        CHECK(what.find("Hint: ") != std::string::npos);
        ++refused;
      }
    }
  CHECK(read > 40);
  CHECK(refused > 350);
}

TEST_CASE("what is no object of JSON is no config", "[config]") {
  for (const char* bytes :
       {"", "{", "[]", "3", "{\"dim\": 3", "{\"dim\": 1e999}", "\xff", "{\"\xff\": 1}", "{\"a\": 1}"}) {
    INFO(bytes);
    try {
      train::parse_config(bytes, "config.json");
      FAIL("was read");
    } catch (const FileError& error) {
      CHECK(std::string(error.what()).find("json.exception") == std::string::npos);
    }
  }
}
