#include "lexigrad/train/runs/config.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/data/text/json_text.h"
#include "lexigrad/data/text/text.h"
#include "lexigrad/train/runs/mix_weights.h"

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
// Valid UTF-8 without NUL, which would end a path or a message.
bool is_utf8(const std::string& value) {
  const char* end = value.data() + value.size();
  for (const char* p = value.data(); p < end;) {
    data::CodePoint c = data::decode_utf8(p, end);
    if (!c.valid || c.value == 0) return false;
    p += c.length;
  }
  return true;
}
std::string wrong(const std::string& value, const std::vector<std::string>& choices) {
  if (!is_utf8(value))
    return text(" is \"", data::escape(value),
                "\", which is not UTF-8, or holds a NUL. Hint: rename the file");
  if (choices.empty() || std::find(choices.begin(), choices.end(), value) != choices.end()) return {};
  std::string known;
  for (const std::string& choice : choices) known += (known.empty() ? "" : " or ") + choice;
  return text(" is \"", data::escape(value), "\"; it must be ", known);
}
std::string wrong(bool, const std::vector<std::string>&) { return {}; }
std::string wrong(const std::vector<std::string>& pairs, const WordPairs&) {
  for (const std::string& pair : pairs) {
    size_t colon = pair.find(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == pair.size() || !is_utf8(pair))
      return text(" is \"", data::escape(pair), "\"; it must be two words as A:B");
  }
  return {};
}

std::string wrong(const std::vector<std::string>& names, const std::vector<std::string>&) {
  for (const std::string& each : names)
    if (each.empty() || !is_utf8(each)) return text(" is \"", data::escape(each), "\"; it must be a name");
  return {};
}

using Fault = OptionFault;

// What is for other objectives than the run's.
Fault objective_fault(const TrainConfig& config) {
  const ObjectiveKind& own = objectives().at(config.objective);
  for (const ObjectiveKind& kind : objectives())
    for (const Option& option : kind.options) {
      bool known = std::any_of(own.options.begin(), own.options.end(),
                               [&](const Option& each) { return each.name == option.name; });
      if (!known && config.options.at(option.name) != option.standard)
        return {option.name, text(" is for --objective ", kind.name, ". Hint: leave it out, or give that")};
    }
  return own.fault(config);
}

Fault averages_twice(const TrainConfig& config) {
  if (!optim::optimizers().at(config.optimizer).averages || (config.ema == 0 && config.swa == 0)) return {};
  return {config.ema > 0 ? "ema" : "swa",
          text(" averages what --optimizer ", config.optimizer,
               " evaluates and saves at an average of its own. Hint: leave it out")};
}

// What does not go with a table that moves by itself.
Fault rows_in_file_fault(const TrainConfig& config) {
  if (config.ngram_memory == 0 || config.ngram_rows == 0) return {};
  if (config.keep_best)
    return {
        "keep-best",
        " does not go with --ngram-memory: steps after the best one move rows in the file, and a copy at each "
        "better loss costs the whole table. Hint: --patience ends the run near its best step; or "
        "--ngram-memory 0"};
  if (config.dtype != "float32")
    return {"dtype",
            text(" ", config.dtype,
                 " does not go with --ngram-memory: rows in a file are float32. Hint: --dtype float32, "
                 "or --ngram-memory 0")};
  return {};
}

Fault first_fault(const TrainConfig& config) {
  Fault out;
  TrainConfig::fields(config, [&](const char* flag, const auto& value, const auto& limits, const char*) {
    if (!out.what.empty()) return;
    out = {flag, wrong(value, limits)};
  });
  if (!out.what.empty()) return out;
  if (std::string why = wrong_mix(config); !why.empty()) return {"mix", why};
  if (Fault other = objective_fault(config); !other.what.empty()) return other;
  if (config.shuffle_block > 0 && !config.shuffle)
    return {"shuffle-block", " is for shuffled windows, --shuffle is off. Hint: leave one of them out"};
  if (config.ema > 0 && config.swa > 0)
    return {"swa", " and --ema are two averages of the same weights. Hint: give one"};
  if (config.recompute && !nn::encoders().at(config.encoder).attends)
    return {"recompute", text(" is for the blocks of an encoder that attends, --encoder ", config.encoder,
                              " has none. Hint: leave it out")};
  if (config.rows == "lazy_exact" && (config.ema > 0 || config.swa > 0))
    return {"rows",
            " lazy_exact does not go with an average of the weights, which reads all rows after each step. "
            "Hint: dense means the same"};
  if (config.rows == "lazy_exact" && config.dtype == "bfloat16")
    return {
        "rows",
        " lazy_exact needs weights of float32 or float64, --dtype is bfloat16: steps that a row missed would "
        "have been rounded each. Hint: --rows lazy, or --rows dense"};
  if (Fault twice = averages_twice(config); !twice.what.empty()) return twice;
  return rows_in_file_fault(config);
}

// What a value of JSON must be to be one of a member; null where it is.
const char* unlike(const nlohmann::json& in, const bool&) {
  return in.is_boolean() ? nullptr : "true or false";
}
const char* unlike(const nlohmann::json& in, const double&) { return in.is_number() ? nullptr : "a number"; }
const char* unlike(const nlohmann::json& in, const std::string&) {
  return in.is_string() ? nullptr : "a text";
}
const char* unlike(const nlohmann::json& in, const int64_t&) {
  bool too_large = in.is_number_unsigned() && in.get<uint64_t>() > uint64_t{INT64_MAX};
  return in.is_number_integer() && !too_large ? nullptr : "a whole number below 2^63";
}
const char* unlike(const nlohmann::json& in, const std::vector<std::string>&) {
  auto is_text = [](const nlohmann::json& each) { return each.is_string(); };
  return in.is_array() && std::all_of(in.begin(), in.end(), is_text) ? nullptr : "a list of texts";
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
  add_foreign(out, objectives(), config.objective);
  add_foreign(out, data::tokenizers(), config.tokenizer);
  add_foreign(out, nn::encoders(), config.encoder);
  add_foreign(out, nn::head_losses(), config.loss);
  add_foreign(out, optim::schedules(), config.schedule);
  add_foreign(out, optim::optimizers(), config.optimizer);
  return out;
}

// Keys of config.json that have another name now.
const std::map<std::string, std::string> kFormerKeys = {{"row-mode", "rows"}};

}  // namespace

std::vector<Option> RunOptions::objective() { return options_of(objectives()); }

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
  for (const auto& options : {objective(), tokenizer(), encoder(), loss(), schedule(), optimizer()})
    out.add(options);
  return out;
}

TrainConfig TrainConfig::of(const std::string& objective) {
  TrainConfig out;
  out.objective = objective;
  objectives().at(objective).set_defaults(out);
  return out;
}

void TrainConfig::check() const {
  Fault fault = first_fault(*this);
  lexigrad::check(fault.what.empty(), "train", "--", fault.flag, fault.what);
  optim::make_schedule(schedule, 0, options);  // which reads what a limit cannot say
}

std::string config_json(const TrainConfig& config) {
  nlohmann::ordered_json out = nlohmann::ordered_json::object();
  std::set<std::string> left_out = foreign_options(config);
  TrainConfig::fields(config, [&](const char* flag, const auto& value, const auto&, const char*) {
    if (!left_out.contains(flag)) out[flag] = value;
  });
  return data::json_text(out, 2) + "\n";
}

TrainConfig parse_config(const std::string& json, const std::string& path) {
  constexpr const char* hint = ". Hint: restore it from a copy, or train anew in another --out";
  nlohmann::json in = data::parsed_json<nlohmann::json>(json);
  if (!in.is_object())
    fail_file("config", text("Not a run's config: it is no JSON", in.is_discarded() ? "" : " object", hint),
              path);
  for (const auto& [former, now] : kFormerKeys)
    if (in.contains(former)) in[now] = in.at(former), in.erase(former);
  TrainConfig config;
  std::set<std::string> known;
  TrainConfig::fields(config, [&](const char* flag, auto& value, const auto&, const char*) {
    known.insert(flag);
    if (!in.contains(flag)) return;
    if (const char* kind = unlike(in.at(flag), value))
      fail_file("config",
                text('"', flag, "\" is ", data::json_text(in.at(flag)), "; it must be ", kind, hint), path);
    in.at(flag).get_to(value);
  });
  for (const auto& [key, value] : in.items())
    if (!known.contains(key)) fail_file("config", text("Unknown key \"", data::shown(key), "\""), path);
  if (Fault fault = first_fault(config); !fault.what.empty())
    fail_file("config", text('"', fault.flag, '"', fault.what, hint), path);
  return config;
}

TrainConfig numbers_of(TrainConfig config) {
  config.threads = config.save_every = config.patience = config.keep = 0;
  config.check_numerics = config.keep_best = config.log_norms = config.table_stats = false;
  config.tensorboard = config.strict = config.recompute = false;
  config.spikes = 0;
  config.ngram_memory = std::min<int64_t>(config.ngram_memory, 1);  // in memory, or not
  return config;
}

double learning_rate(const TrainConfig& config) {
  if (config.lr > 0) return config.lr;
  const optim::OptimizerKind& kind = optim::optimizers().at(config.optimizer);
  if (const double own = objectives().at(config.objective).sgd_lr; own > 0 && config.optimizer == "sgd")
    return own;
  bool plain = !nn::encoders().at(config.encoder).attends && config.loss == TrainConfig{}.loss;
  return plain || kind.careful_lr == 0 ? kind.lr : kind.careful_lr;
}

// A short text is passed over more often, but not until the model knows it by heart.
TrainConfig with_values_used(TrainConfig config, int64_t epoch) {
  constexpr int64_t enough_steps = 1500;
  const ObjectiveKind& kind = objectives().at(config.objective);
  const int64_t parts = config.accumulate;
  auto steps_of = [&](int64_t epochs) { return (epochs * epoch + parts - 1) / parts; };
  config.lr = learning_rate(config);
  if (config.stride == 0) config.stride = config.context;
  if (config.epochs == 0)
    config.epochs =
        std::clamp((enough_steps * parts + epoch - 1) / epoch, kind.fewest_epochs, kind.most_epochs);
  if (config.steps == 0) config.steps = steps_of(config.epochs);
  if (config.steps != steps_of(config.epochs)) config.epochs = (config.steps - 1) * parts / epoch + 1;
  return config;
}

std::string contradictions(const TrainConfig& now, const TrainConfig& run) {
  auto json_of =
      [](TrainConfig config) {  // runs of earlier versions have 0 where today's have the value used
        config.lr = learning_rate(config);
        if (config.stride == 0) config.stride = config.context;
        return data::parsed_json<nlohmann::json>(config_json(config));
      };
  nlohmann::json a = json_of(now), b = json_of(run);
  nlohmann::json decides = json_of(numbers_of(now)), decided = json_of(numbers_of(run));
  std::set<std::string> free;
  bool any_length = !optim::schedules().at(run.schedule).uses_total || now.steps + now.epochs == 0;
  if (any_length || now.steps == 0) free.insert("steps");
  if (any_length || now.steps > 0) free.insert("epochs");  // which the steps decide
  std::string out;
  for (const auto& [key, value] : a.items())
    if (!free.contains(key) && b.contains(key) && decides.at(key) != decided.at(key))
      out += text(out.empty() ? "" : ", ", key == "text" ? "TEXT " : "--" + key + " ", data::json_text(value),
                  " (the run has ", data::json_text(b.at(key)), ")");
  return out;
}

}  // namespace lexigrad::train
