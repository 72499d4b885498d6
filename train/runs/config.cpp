#include "lexigrad/train/runs/config.h"

#include <algorithm>
#include <cmath>
#include <map>
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

// Adds the options that only rows of one's own have which were not chosen: other programs do not know them.
template <class Row>
void add_foreign(std::set<std::string>& out, const Table<Row>& table, const std::string& chosen) {
  std::set<std::string> known;
  for (const Row& row : table)
    for (const Option& option : row.options)
      if (!table.is_own(row) || row.name == chosen) known.insert(option.name);
  for (const Option& option : options_of(table))
    if (!known.contains(option.name)) out.insert(option.name);
}

std::set<std::string> foreign_options(const TrainConfig& config) {
  std::set<std::string> out;
  add_foreign(out, data::tokenizers(), config.tokenizer);
  add_foreign(out, nn::encoders(), config.encoder);
  add_foreign(out, nn::head_losses(), config.loss);
  add_foreign(out, optim::schedules(), config.schedule);
  add_foreign(out, optim::optimizers(), config.optimizer);
  return out;
}

bool is_int64(const nlohmann::json& value) {
  return value.is_number_integer() &&
         (!value.is_number_unsigned() || value.get<uint64_t>() <= uint64_t{INT64_MAX});
}

// Keys of config.json that have another name now.
const std::map<std::string, std::string> kFormerKeys = {{"row-mode", "rows"}};

}  // namespace

std::vector<Option> RunOptions::tokenizer() { return options_of(data::tokenizers()); }

std::vector<Option> RunOptions::encoder() { return options_of(nn::encoders()); }

std::vector<Option> RunOptions::loss() { return options_of(nn::head_losses()); }

std::vector<Option> RunOptions::schedule() {
  std::vector<Option> out = options_of(optim::schedules());
  out.insert(out.begin(), optim::warmup_option());
  return out;
}

std::vector<Option> RunOptions::optimizer() { return options_of(optim::optimizers()); }

OptionValues RunOptions::defaults() {
  OptionValues out;
  for (const auto& options : {tokenizer(), encoder(), loss(), schedule(), optimizer()}) out.add(options);
  return out;
}

void TrainConfig::check() const {
  fields(*this, [](const char* flag, const auto& value, const auto& limits, const char*) {
    std::string error = wrong(value, limits);
    lexigrad::check(error.empty(), "train", "--", flag, error);
  });
}

std::string config_json(const TrainConfig& config) {
  nlohmann::ordered_json out;
  std::set<std::string> left_out = foreign_options(config);
  TrainConfig::fields(config, [&](const char* flag, const auto& value, const auto&, const char*) {
    if (!left_out.contains(flag)) out[flag] = value;
  });
  return out.dump(2) + "\n";
}

TrainConfig parse_config(const std::string& json, const std::string& path) {
  auto refuse = [&](const std::string& what) {
    fail_file("config", text(what, ". Hint: restore it from a copy, or train anew in another --out"), path);
  };
  TrainConfig config;
  nlohmann::json in = nlohmann::json::parse(json, nullptr, false);
  if (!in.is_object()) refuse(text("Not a run's config: it is no JSON", in.is_discarded() ? "" : " object"));
  for (const auto& [former, now] : kFormerKeys)
    if (in.contains(former)) in[now] = in.at(former), in.erase(former);
  std::set<std::string> known;
  TrainConfig::fields(config, [&](const char* flag, auto& value, const auto&, const char*) {
    known.insert(flag);
    if (!in.contains(flag)) return;
    const nlohmann::json& given = in.at(flag);
    if (std::is_same_v<std::remove_reference_t<decltype(value)>, int64_t> && !is_int64(given))
      refuse(text("\"", flag, "\" is no whole number from -2^63 to 2^63 - 1"));
    try {
      given.get_to(value);
    } catch (const nlohmann::json::exception&) {
      refuse(text("\"", flag, "\" is ", given.type_name(), ", which is none of its values"));
    }
  });
  for (const auto& [key, value] : in.items())
    if (!known.contains(key)) fail_file("config", text("Unknown key \"", data::shown(key), "\""), path);
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
  if (!optim::schedules().at(run.schedule).uses_total) free.insert({"steps", "epochs"});
  std::string out;
  for (const auto& [key, value] : a.items())
    if (!free.contains(key) && b.contains(key) && b.at(key) != value)
      out += text(out.empty() ? "" : ", ", key == "text" ? "TEXT " : "--" + key + " ", value.dump(),
                  " (the run has ", b.at(key).dump(), ")");
  return out;
}

}  // namespace lexigrad::train
