// Fuzzes the reader of config.json: what is read is written as it is read back.
#include "lexigrad/train/runs/config.h"

#include "fuzz/readers/reader.h"

namespace lexigrad::fuzz {

std::string file_name() { return "config.json"; }

void write_seeds(const std::string& folder) {
  train::TrainConfig config;
  config.text = "a text.txt";
  spill(folder + "/defaults", train::config_json(config));
  config.watch = {"a:b"};
  config.encoder = "attention";
  config.optimizer = "adamw";
  spill(folder + "/attention", train::config_json(config));
  spill(folder + "/short", R"({"dim": 4, "row-mode": "lazy", "shuffle": false, "lr": 1e-3})");
}

std::string mended(std::string bytes) { return bytes; }

void read(const std::string& path) {
  train::TrainConfig config = train::parse_config(slurp(path), path);
  std::string written = train::config_json(config);
  require(train::config_json(train::parse_config(written, path)) == written, "another config is read back");
  config.check();
}

}  // namespace lexigrad::fuzz
