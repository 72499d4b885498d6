#include "lexigrad/train/config.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "lexigrad/autograd/base/check.h"

namespace lexigrad::train {
namespace {

void at_least(const char* flag, int64_t value, int64_t low) {
  lexigrad::check(value >= low, "train", "--", flag, " is ", value, "; it must be >= ", low);
}

void between(const char* flag, double value, double low, double high) {
  lexigrad::check(std::isfinite(value) && value >= low && value < high, "train", "--", flag, " is ", value, "; it must be a number >= ", low,
                  std::isfinite(high) ? text(" and < ", high) : std::string());
}

void one_of(const char* flag, const std::string& value, const std::string& a, const std::string& b) {
  lexigrad::check(value == a || value == b, "train", "--", flag, " is \"", value, "\"; it must be ", a, " or ", b);
}

}  // namespace

void TrainConfig::check() const {
  one_of("tokenizer", tokenizer, "word", "gpt2");
  one_of("encoder", encoder, "none", "mean");
  one_of("optimizer", optimizer, "sgd", "adam");
  one_of("row-mode", row_mode, "dense", "lazy");
  one_of("dtype", dtype, "float32", "float64");
  at_least("dim", dim, 1);
  at_least("context", context, 1);
  at_least("stride", stride, 0);
  at_least("batch", batch, 1);
  at_least("epochs", epochs, 1);
  at_least("steps", steps, 0);
  at_least("min-count", min_count, 1);
  at_least("seed", seed, 0);
  at_least("threads", threads, 0);
  at_least("save-every", save_every, 0);
  between("lr", lr, 0, INFINITY);
  between("momentum", momentum, 0, 1);
  between("weight-decay", weight_decay, 0, INFINITY);
  between("validation", validation, 0, 1);
  lexigrad::check(optimizer == "sgd" || momentum == 0, "train", "--momentum is ", momentum, ", but --optimizer adam has its own moments. Hint: --optimizer sgd");
  for (const std::string& pair : watch)
    lexigrad::check(pair.find(':') != std::string::npos, "train", "--watch is \"", pair, "\"; it must be two words as A:B");
}

std::string config_json(const TrainConfig& config) {
  nlohmann::ordered_json out;
  TrainConfig::fields(config, [&](const char* flag, const auto& value, const char*) { out[flag] = value; });
  return out.dump(2) + "\n";
}

TrainConfig parse_config(const std::string& json, const std::string& path) {
  TrainConfig config;
  try {
    nlohmann::json in = nlohmann::json::parse(json);
    std::set<std::string> known;
    TrainConfig::fields(config, [&](const char* flag, auto& value, const char*) {
      known.insert(flag);
      if (in.contains(flag)) in.at(flag).get_to(value);
    });
    for (const auto& [key, value] : in.items())
      if (!known.contains(key)) fail_file("config", text("Unknown key \"", key, "\""), path);
  } catch (const nlohmann::json::exception& e) {
    fail_file("config", text("Not a run's config: ", e.what()), path);
  }
  return config;
}

std::vector<std::string> contradictions(const TrainConfig& a, const TrainConfig& b) {
  nlohmann::json x = nlohmann::json::parse(config_json(a)), y = nlohmann::json::parse(config_json(b));
  const std::set<std::string> free = {"steps", "epochs", "threads", "save-every"};
  std::vector<std::string> out;
  for (const auto& [key, value] : x.items())
    if (!free.contains(key) && y.at(key) != value) out.push_back(key);
  return out;
}

}  // namespace lexigrad::train
