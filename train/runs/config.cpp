#include "lexigrad/train/runs/config.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <type_traits>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/data/text/text.h"

namespace lexigrad::train {
namespace {

// What a value must be, as the end of an error; empty where it is so.
std::string wrong(int64_t value, const Whole& limits) {
  if (value >= limits.low && value <= limits.high) return {};
  return text(" is ", value, "; it must be a whole number of ", limits.low, "..", limits.high);
}
std::string wrong(double value, const Real& limits) {
  if (value >= limits.low && value < limits.high) return {};
  return text(" is ", value, "; it must be a number >= ", limits.low,
              std::isfinite(limits.high) ? text(" and < ", limits.high) : "");
}
bool is_utf8(const std::string& value) {
  const char* end = value.data() + value.size();
  for (const char* p = value.data(); p < end;) {
    data::CodePoint c = data::decode_utf8(p, end);
    if (!c.valid) return false;
    p += c.length;
  }
  return true;
}
std::string wrong(const std::string& value, const std::vector<std::string>& choices) {
  if (!is_utf8(value))
    return text(" is \"", data::escape(value), "\", which is not UTF-8. Hint: rename the file");
  if (choices.empty() || std::find(choices.begin(), choices.end(), value) != choices.end()) return {};
  std::string known;
  for (const std::string& choice : choices) known += (known.empty() ? "" : " or ") + choice;
  return text(" is \"", value, "\"; it must be ", known);
}
std::string wrong(bool, const std::vector<std::string>&) { return {}; }
std::string wrong(const std::vector<std::string>& pairs, const std::vector<std::string>&) {
  for (const std::string& pair : pairs) {
    size_t colon = pair.find(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == pair.size() || !is_utf8(pair))
      return text(" is \"", data::escape(pair), "\"; it must be two words as A:B");
  }
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
  TrainConfig::fields(
      config, [&](const char* flag, const auto& value, const auto&, const char*) { out[flag] = value; });
  return out.dump(2) + "\n";
}

TrainConfig parse_config(const std::string& json, const std::string& path) {
  TrainConfig config;
  try {
    nlohmann::json in = nlohmann::json::parse(json);
    if (!in.is_object()) fail_file("config", "Not a run's config: it is no JSON object", path);
    std::set<std::string> known;
    TrainConfig::fields(config, [&](const char* flag, auto& value, const auto&, const char*) {
      known.insert(flag);
      if (!in.contains(flag)) return;
      bool whole = std::is_same_v<std::remove_reference_t<decltype(value)>, int64_t>;
      if (whole && !in.at(flag).is_number_integer())
        fail_file("config", text("\"", flag, "\" is no whole number"), path);
      in.at(flag).get_to(value);
    });
    for (const auto& [key, value] : in.items())
      if (!known.contains(key)) fail_file("config", text("Unknown key \"", key, "\""), path);
  } catch (const nlohmann::json::exception& e) {
    fail_file("config",
              text("Not a run's config: ", e.what(),
                   ". Hint: restore it from a copy, or train anew in another --out"),
              path);
  }
  return config;
}

TrainConfig numbers_of(TrainConfig config) {
  config.threads = config.save_every = 0;
  config.check_numerics = false;
  return config;
}

std::string contradictions(const TrainConfig& now, const TrainConfig& run) {
  nlohmann::json a = nlohmann::json::parse(config_json(now)), b = nlohmann::json::parse(config_json(run));
  std::set<std::string> free = {"threads", "save-every", "check-numerics"};
  if (run.schedule == "constant") free.insert({"steps", "epochs"});  // else every step's rate depends on them
  std::string out;
  for (const auto& [key, value] : a.items())
    if (!free.contains(key) && b.at(key) != value)
      out += text(out.empty() ? "" : ", ", key == "text" ? "TEXT " : "--" + key + " ", value.dump(),
                  " (the run has ", b.at(key).dump(), ")");
  return out;
}

}  // namespace lexigrad::train
