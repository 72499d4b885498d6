#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "lexigrad/data/tokenizers/word_tokenizer.h"
#include "lexigrad/train/formats/npy.h"
#include "lexigrad/train/loop/run_log.h"
#include "train/tools/run_folder.h"

using namespace lexigrad;
using namespace lexigrad::test;
using Catch::Matchers::Contains;
using Json = nlohmann::json;

namespace {

Json inspect_json(const std::string& path) {
  CommandResult result = run_command({"inspect", path, "--json"});
  INFO(result.err);
  REQUIRE(result.exit == 0);
  return Json::parse(result.out);
}

}  // namespace

TEST_CASE("inspect prints names, shapes, counts, bytes and statistics") {
  Folder folder;
  constexpr double inf = std::numeric_limits<double>::infinity();
  train::save_safetensors(folder / "a.safetensors",
                          {{"w", tensor({{1., 2.}, {3., 6.}})},
                           {"steps", tensor({4})},
                           {"broken", tensor({std::nan(""), inf, -inf, 5.}, float64)},
                           {"empty", zeros({0, 3})}},
                          {{"note", "two\nlines"}});
  CommandResult result = run_command({"inspect", folder / "a.safetensors"});
  CHECK(result.exit == 0);
  CHECK_THAT(result.out, Contains("8 parameters, 48 B; 4 tensors"));
  CHECK_THAT(result.out, Contains("note: two\\nlines\n"));
  CHECK_THAT(result.out, Contains("2 x 2"));
  Json json = inspect_json(folder / "a.safetensors");
  CHECK(json["parameters"] == 8);
  CHECK(json["metadata"]["note"] == "two\nlines");
  CHECK(json["parameter_bytes"] == 48);
  CHECK(json["file_bytes"] == std::filesystem::file_size(folder / "a.safetensors"));
  Json by_name;
  for (const Json& each : json["tensors"]) by_name[each["name"].get<std::string>()] = each;
  Json w = by_name["w"];
  CHECK(w["dtype"] == "float32");
  CHECK(w["shape"] == Json({2, 2}));
  CHECK(w["bytes"] == 16);
  CHECK(w["min"] == 1);
  CHECK(w["max"] == 6);
  CHECK(w["mean"] == 3);
  CHECK(w["std"].get<double>() == Approx(std::sqrt(14.0 / 3)));
  CHECK(w["non_finite"] == 0);
  CHECK(by_name["broken"]["non_finite"] == 3);
  CHECK(by_name["broken"]["mean"] == 5);
  CHECK(by_name["broken"]["std"].is_null());
  CHECK(by_name["steps"]["dtype"] == "int64");
  CHECK(by_name["empty"]["numel"] == 0);
  CHECK(by_name["empty"]["min"].is_null());
}

TEST_CASE("inspect writes large numbers for people") {
  Folder folder;
  train::save_npy(folder / "a.npy", zeros({50257, 40}));
  CHECK_THAT(run_command({"inspect", folder / "a.npy"}).out,
             Contains("2,010,280 parameters, 7.7 MiB; 1 tensor, file of 7.7 MiB"));
}

TEST_CASE("statistics of many blocks agree with a plain sum") {
  Folder folder;
  int64_t n = 200001;
  std::vector<double> values;
  for (int64_t i = 0; i < n; ++i) values.push_back(static_cast<double>(i));
  train::save_npy(folder / "a.npy", from_values<double>(values, {n}));
  Json x = inspect_json(folder / "a.npy")["tensors"][0];
  CHECK(x["min"] == 0);
  CHECK(x["max"] == n - 1);
  CHECK(x["mean"].get<double>() == Approx(100000).epsilon(1e-14));
  CHECK(x["std"].get<double>() ==
        Approx(std::sqrt(static_cast<double>(n) * static_cast<double>(n + 1) / 12)).epsilon(1e-12));
}

TEST_CASE("inspect counts a checkpoint's model, and shared tensors once") {
  Folder folder;
  Tensor table = ones({5, 3}), state = zeros({5, 3});
  train::save_safetensors(
      folder / "a.safetensors",
      {{"model.token.weight", table}, {"model.head.weight", table}, {"optimizer.m", state}});
  Json json = inspect_json(folder / "a.safetensors");
  CHECK(json["parameters"] == 15);
  CHECK(json["parameter_bytes"] == 60);
  CHECK(json["tensor_bytes"] == 120);
  CHECK_THAT(run_command({"inspect", folder / "a.safetensors"}).out,
             Contains("model.head.weight = model.token.weight"));
}

TEST_CASE("inspect reads vectors of every format") {
  Folder folder;
  spill(folder / "a.vec", "2 3\ncat 1 0 2\ndog 3 4 5\n");
  for (const char* name : {"a.tsv", "a.npy", "a.safetensors"})
    REQUIRE(run_command({"convert", folder / "a.vec", folder / name}).exit == 0);
  for (const char* name : {"a.vec", "a.tsv", "a.npy", "a.safetensors"}) {
    Json json = inspect_json(folder / name);
    CHECK(json["parameters"] == 6);
    CHECK(json["tensors"][0]["shape"] == Json({2, 3}));
    CHECK(json["tensors"][0]["max"] == 5);
  }
}

TEST_CASE("inspect of a run shows its options, place and files") {
  Folder folder;
  write_run(folder / "run", data::WordTokenizer::from_text("the cat sat ."));
  train::LogEntry entry;
  entry.step = 7, entry.epoch = 1, entry.tokens = 123, entry.loss = 2.5;
  train::append_log(folder / "run/log.jsonl", entry);
  CommandResult result = run_command({"inspect", folder / "run"});
  CHECK(result.exit == 0);
  CHECK_THAT(result.out, Contains("tokenizer word, dim 2, context 16"));
  CHECK_THAT(result.out, Contains("tokenizer: kind word, vocabulary 6"));
  CHECK_THAT(result.out, Contains("step 7, epoch 1, tokens 123, loss 2.5"));
  CHECK_THAT(result.out, Contains("vectors.safetensors: 12 parameters, 48 B; 1 tensor"));
  Json json = inspect_json(folder / "run");
  CHECK(json["config"]["dim"] == 2);
  CHECK(json["last"]["step"] == 7);
  CHECK(json["files"].size() == 1);
}

TEST_CASE("inspect says what it cannot read") {
  Folder folder;
  CHECK_THAT(failed_command(1, {"inspect", folder / "none"}), Contains("No such file or folder"));
  CHECK_THAT(failed_command(1, {"inspect", folder.path}), Contains("The folder holds no config.json"));
  spill(folder / "a.txt", "text");
  CHECK_THAT(failed_command(1, {"inspect", folder / "a.txt"}), Contains("a.txt"));
  train::save_safetensors(folder / "a.safetensors", {{"w", ones({4})}});
  std::string bytes = slurp(folder / "a.safetensors");
  bytes.back() ^= 1;
  spill(folder / "b.safetensors", bytes);
  CHECK_THAT(failed_command(1, {"inspect", folder / "b.safetensors"}), Contains("b.safetensors"));
  spill(folder / "c.safetensors", bytes.substr(0, bytes.size() / 2));
  CHECK_THAT(failed_command(1, {"inspect", folder / "c.safetensors"}), Contains("c.safetensors"));
}

TEST_CASE("inspect adds how vectors lie, and draws words") {
  Folder folder;
  spill(folder / "a.vec", "4 2\ncat 3 4\ndog 0 2\nred 1 0\nsea 0 0\n");
  Json found =
      Json::parse(run_command({"inspect", folder / "a.vec", "--statistics", "--json"}).out).at("vectors");
  CHECK(found.at("rows") == 4);
  CHECK(found.at("zero_rows") == 1);
  CHECK(found.at("norms") == Json({0, 0.75, 1.5, 2.75, 5}));
  CHECK(found.at("norm_rank_correlation").get<double>() == Approx(-1));
  CHECK(found.at("hubness").is_null());  // each of three rows is near to both others
  CHECK_THAT(run_command({"inspect", folder / "a.vec", "--statistics"}).out,
             Contains("\nvectors: 4 x 2; norms 0 0.75 1.5 2.75 5 (least, quartiles, most)\n") &&
                 Contains("  norm_rank_correlation  -1         Spearman's rho") &&
                 Contains("  hubness                -  "));
  CHECK(run_command({"inspect", folder / "a.vec", "--scatter", folder / "w.svg", "--words", "cat,dog,red"})
            .exit == 0);
  CHECK_THAT(slurp(folder / "w.svg"),
             Contains(">cat</text>") && Contains(">red</text>") && Contains("First principal component, 8"));
  auto fails = [&](int exit, const std::vector<std::string>& more) {
    std::vector<std::string> all = {"inspect", folder / "a.vec"};
    all.insert(all.end(), more.begin(), more.end());
    return failed_command(exit, all);
  };
  CHECK_THAT(fails(2, {"--words", "cat"}), Contains("--scatter FILE and --words belong together."));
  CHECK_THAT(fails(1, {"--scatter", folder / "x.svg", "--words", "cat"}),
             Contains("--words has 1 (valid: 2 to 500)"));
  CHECK_THAT(fails(1, {"--scatter", folder / "x.svg", "--words", "cat,ship"}), Contains("\"ship\""));
  spill(folder / "a.vec", "2 1\ncat nan\ndog 1\n");
  CHECK_THAT(fails(1, {"--statistics"}), Contains("The vectors hold 1 numbers that are not finite."));
}
