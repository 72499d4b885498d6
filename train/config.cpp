#include "lexigrad/train/config.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "lexigrad/autograd/base/check.h"

namespace lexigrad::train {
namespace {

// What a value must be, as the end of an error; empty where it is so.
std::string wrong(int64_t value, const Whole& limits) {
  if (value >= limits.low && value <= limits.high) return {};
  return text(" is ", value, "; it must be a whole number of ", limits.low, "..", limits.high);
}
std::string wrong(double value, const Real& limits) {
  if (value >= limits.low && value < limits.high) return {};
  return text(" is ", value, "; it must be a number >= ", limits.low, std::isfinite(limits.high) ? text(" and < ", limits.high) : "");
}
std::string wrong(const std::string& value, const std::vector<std::string>& choices) {
  if (choices.empty() || std::find(choices.begin(), choices.end(), value) != choices.end()) return {};
  std::string known;
  for (const std::string& choice : choices) known += (known.empty() ? "" : " or ") + choice;
  return text(" is \"", value, "\"; it must be ", known);
}
std::string wrong(bool, const std::vector<std::string>&) { return {}; }
std::string wrong(const std::vector<std::string>& pairs, const std::vector<std::string>&) {
  for (const std::string& pair : pairs)
    if (pair.find(':') == std::string::npos) return text(" is \"", pair, "\"; it must be two words as A:B");
  return {};
}

}  // namespace

void TrainConfig::check() const {
  fields(*this, [](const char* flag, const auto& value, const auto& limits, const char*) {
    std::string error = wrong(value, limits);
    lexigrad::check(error.empty(), "train", "--", flag, error);
  });
}

std::string config_json(const TrainConfig& config) {
  nlohmann::ordered_json out;
  TrainConfig::fields(config, [&](const char* flag, const auto& value, const auto&, const char*) { out[flag] = value; });
  return out.dump(2) + "\n";
}

TrainConfig parse_config(const std::string& json, const std::string& path) {
  TrainConfig config;
  try {
    nlohmann::json in = nlohmann::json::parse(json);
    std::set<std::string> known;
    TrainConfig::fields(config, [&](const char* flag, auto& value, const auto&, const char*) {
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
