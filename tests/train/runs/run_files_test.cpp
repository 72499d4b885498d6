// The small files of a run, and the lines of its progress.
#include <sstream>

#include "catch.h"
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/train/loop/callbacks/progress.h"
#include "lexigrad/train/loop/run_log.h"
#include "lexigrad/train/runs/config.h"
#include "train/formats/folder.h"

using namespace lexigrad;
using namespace lexigrad::train;
using Catch::Matchers::Contains;

TEST_CASE("a config comes back from its JSON", "[config]") {
  TrainConfig config;
  config.text = "/a/b \"c\" \xc3\xa9.txt";
  config.dim = 7;
  config.lr = 0.1;
  config.shuffle = false;
  config.seed = INT64_MAX;
  config.watch = {"cat:dog", "a:b"};
  TrainConfig back = parse_config(config_json(config), "x");
  CHECK(config_json(back) == config_json(config));
  CHECK((back.text == config.text && back.dim == 7 && back.lr == 0.1 && !back.shuffle &&
         back.seed == INT64_MAX && back.watch == config.watch));
  CHECK(contradictions(config, back).empty());
}

TEST_CASE("a config that is none says why", "[config]") {
  for (const char* json : {"", "{", "[]", "3", R"({"dim": "64"})", R"({"dim": 1.5})", R"({"dim": 1e300})",
                           R"({"lr": null})", R"({"watch": 3})", R"({"shuffle": 1})"})
    CHECK_THROWS_AS(parse_config(json, "config.json"), FileError);
  CHECK_THROWS_WITH(parse_config(R"({"dmi": 64})", "config.json"),
                    Contains("Unknown key \"dmi\"") && Contains("config.json"));
}

TEST_CASE("values out of range are named with their range", "[config]") {
  auto fault = [](auto change) {
    TrainConfig config;
    change(config);
    try {
      config.check();
    } catch (const std::invalid_argument& error) { return std::string(error.what()); }
    return std::string();
  };
  CHECK(fault([](TrainConfig&) {}).empty());
  CHECK_THAT(fault([](TrainConfig& c) { c.dim = 0; }), Contains("--dim is 0") && Contains("1.."));
  CHECK_THAT(fault([](TrainConfig& c) { c.lr = -1; }), Contains("--lr is -1"));
  CHECK_THAT(fault([](TrainConfig& c) { c.lr = std::nan(""); }), Contains("--lr is nan"));
  CHECK_THAT(fault([](TrainConfig& c) { c.lr = HUGE_VAL; }), Contains("--lr is inf"));
  CHECK_THAT(fault([](TrainConfig& c) { c.validation = 1; }),
             Contains("--validation is 1") && Contains("< 1"));
  CHECK_THAT(fault([](TrainConfig& c) { c.encoder = "lstm"; }),
             Contains("--encoder is \"lstm\"; it must be none or mean"));
  CHECK_THAT(fault([](TrainConfig& c) { c.text = "a\xff"; }), Contains("not UTF-8"));
  for (const char* pair : {"cat", ":dog", "cat:"})
    CHECK_THAT(fault([&](TrainConfig& c) { c.watch = {pair}; }), Contains("--watch is"));
}

TEST_CASE("contradictions name flags with both values, apart from lengths, threads and saves", "[config]") {
  TrainConfig run, now;
  now.steps = now.epochs = now.threads = now.save_every = 5;
  CHECK(contradictions(now, run).empty());
  now.dim = 32;
  now.text = "other";
  CHECK(contradictions(now, run) == R"(--dim 32 (the run has 64), TEXT "other" (the run has ""))");
}

TEST_CASE("the log is read, appended to and cut", "[log]") {
  Folder folder;
  std::string path = folder / "log.jsonl";
  CHECK(read_log(path).empty());
  for (int64_t step : {0, 5, 10})
    append_log(path, {.step = step,
                      .epoch = 1,
                      .tokens = step * 8,
                      .loss = 0.1 * static_cast<double>(step),
                      .validation = {},
                      .lr = 1e-3,
                      .seconds = 2.5,
                      .cosines = {{"a:b", 0.25}}});
  std::string whole = slurp(path);
  auto log = read_log(path);
  REQUIRE(log.size() == 3);
  CHECK((log[2].step == 10 && log[2].tokens == 80 && *log[2].loss == 0.1 * 10 && !log[2].validation &&
         log[2].cosines.at("a:b") == 0.25));
  spill(path, whole + R"({"step":15,"epo)");  // a kill cut it short
  CHECK(read_log(path).size() == 3);
  cut_log(path, 10);
  CHECK(slurp(path) == whole);
  cut_log(path, 9);
  CHECK(read_log(path).back().step == 5);
  spill(path, "{\"step\":0,\n" + whole);
  CHECK_THROWS_WITH(read_log(path), Contains("Line 1 is damaged") && Contains("Hint"));
  spill(path, whole + "{\"step\":15}\n");
  CHECK_THROWS_AS(read_log(path), FileError);
  CHECK_THROWS_AS(append_log(folder / "none/log.jsonl", {}), FileError);
}

TEST_CASE("progress that is no terminal's is whole lines where asked", "[progress]") {
  std::ostringstream out;
  {
    Progress progress(out, 10, 100, 20);
    progress.show(11, 110, 1.5, false);
    CHECK(out.str().empty());
    progress.show(12, 120, 1.25, true);
    progress.show(20, 200, 0.5, true);
  }
  std::istringstream lines(out.str());
  std::vector<std::string> all;
  for (std::string line; std::getline(lines, line);) all.push_back(line);
  REQUIRE(all.size() == 2);
  CHECK_THAT(all[0], Contains("60%") && Contains("step 12/20") && Contains("tokens/s") &&
                         Contains("loss 1.2500") && Contains("ETA"));
  CHECK_THAT(all[1], Contains("100%") && Contains("ETA 0:00"));
  CHECK(out.str().find_first_of("\r\x1b") == std::string::npos);
  CHECK(duration(0) == "0:00");
  CHECK(duration(59.6) == "1:00");
  CHECK(duration(3723) == "1:02:03");
}
