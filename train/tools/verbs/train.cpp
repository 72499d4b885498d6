// lexigrad train TEXT --out RUN
#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/data/datasets/token_file.h"
#include "lexigrad/data/text/encoding.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/data/text/json_text.h"
#include "lexigrad/train/runs/diagnosis/bisect.h"
#include "lexigrad/train/runs/diagnosis/replay.h"
#include "lexigrad/train/runs/find_lr.h"
#include "lexigrad/train/runs/flags_file.h"
#include "lexigrad/train/runs/run.h"
#include "lexigrad/train/runs/run_folder.h"
#include "lexigrad/train/tools/console.h"
#include "lexigrad/train/tools/flags.h"
#include "lexigrad/train/tools/stop_on_signal.h"

namespace lexigrad::tools {
namespace {

struct Options {
  train::TrainConfig config;
  std::vector<std::string> texts;
  std::string out, flags_file;
  bool resume = false, plan = false, find_lr = false, json = false;
  int64_t replay = 0;  // the step; 0: none
  std::string bisect;
  int64_t memory = 0;  // bytes that the run may take; 0: what is there
};

CLI::Option* add(CLI::App& verb, const std::string& flag, int64_t& value, const Whole& limits,
                 const std::string& help) {
  return add_integer(verb, flag, value, limits.low, limits.high, help);
}
CLI::Option* add(CLI::App& verb, const std::string& flag, double& value, const Real& limits,
                 const std::string& help) {
  return add_real(verb, flag, value, limits.low, limits.high, help);
}
CLI::Option* add(CLI::App& verb, const std::string& flag, std::string& value,
                 const std::vector<std::string>& choices, const std::string& help) {
  return choices.empty() ? add_text(verb, flag, value, help) : add_choice(verb, flag, value, choices, help);
}
CLI::Option* add(CLI::App& verb, const std::string& flag, bool& value, const std::vector<std::string>&,
                 const std::string& help) {
  return verb.add_flag(flag + ",!--no-" + flag.substr(2), value, help)->default_str(value ? "true" : "false");
}
template <class Limits>
CLI::Option* add(CLI::App& verb, const std::string& flag, std::vector<std::string>& value, const Limits&,
                 const std::string& help) {
  return verb.add_option(flag, value, help)->allow_extra_args(false);
}

// "--rows" with its former name behind it.
std::string flags_of(const std::string& flag) { return "--" + flag + (flag == "rows" ? ",--row-mode" : ""); }

// The flags of a file that the command line does not give. Returns what is wrong with the file;
// empty where nothing is.
std::string read_flags(CLI::App& verb, const std::string& path) {
  for (const train::FlagLine& flag : train::parse_flags(data::read_utf8(path), path)) {
    CLI::Option* option = verb.get_option_no_throw(flag.name == "text" ? flag.name : "--" + flag.name);
    if (option == nullptr || flag.name == "config" || flag.name == "help")
      return text("--config: Unknown flag \"", data::visible(flag.name), "\" in ", path);
    if (option->count() > 0) continue;
    option->add_result(flag.values);
    option->run_callback();
  }
  return {};
}

bool is_given(const CLI::App& verb, const std::string& flag) {
  return verb.get_option(flag == "text" ? flag : "--" + flag)->count() > 0;
}

// The run's own options with those given now on top.
train::TrainConfig merged(const CLI::App& verb, const Options& options) {
  train::TrainConfig config = train::read_config(options.out);
  nlohmann::json given = data::parsed_json<nlohmann::json>(train::config_json(options.config));
  train::TrainConfig::fields(config, [&](const char* flag, auto& value, const auto&, const char*) {
    if (is_given(verb, flag)) given.at(flag).get_to(value);
  });
  if (is_given(verb, "epochs") && !is_given(verb, "steps"))
    config.steps = 0;  // or the run's own steps would hide them
  return config;
}

// What is not given has the objective's default.
void take_defaults(const CLI::App& verb, train::TrainConfig& config) {
  const nlohmann::json standard =
      data::parsed_json<nlohmann::json>(train::config_json(train::TrainConfig::of(config.objective)));
  train::TrainConfig::fields(config, [&](const char* flag, auto& value, const auto&, const char*) {
    if (!is_given(verb, flag) && standard.contains(flag)) standard.at(flag).get_to(value);
  });
}

// Kept whole, so that the run can go on from any folder. A pipe has no other name than the one given.
void make_absolute(std::string& path) {
  std::error_code error;
  if (!path.empty() && std::filesystem::status(path, error).type() != std::filesystem::file_type::fifo)
    if (auto whole = std::filesystem::weakly_canonical(std::filesystem::absolute(path), error); !error)
      path = whole.string();
}

std::string joined(std::vector<std::string>& texts) {
  std::string out;
  for (std::string& path : texts) {
    if (path != "-") make_absolute(path);
    out += text(out.empty() ? "" : "\n", path);
  }
  return out;
}

// What is wrong with flags together; empty where nothing is.
std::string wrong_together(const CLI::App& verb, const Options& options) {
  if (options.plan && options.resume)
    return "--plan and --resume do not go together. Hint: plan with the run's own flags";
  const bool replays = options.replay > 0, bisects = !options.bisect.empty();
  if (options.find_lr && (options.plan || options.resume))
    return "--find-lr goes with neither --plan nor --resume. Hint: first find, then train";
  if (options.plan + options.resume + options.find_lr + replays + bisects > 1)
    return "Only one of --plan, --resume, --find-lr, --replay and --bisect can be given";
  if (options.json && !replays && !bisects) return "--json is for --replay and --bisect";
  std::string given;
  train::TrainConfig::fields(options.config,
                             [&](const std::string& flag, const auto&, const auto&, const char*) {
                               if (is_given(verb, flag)) given = flag == "text" ? "TEXT" : "--" + flag;
                             });
  if (bisects && !given.empty())
    return given + " does not go with --bisect: both runs have options of their own";
  if (!options.out.empty() || options.plan || options.find_lr) return {};
  return replays || bisects ? "--out is missing: give the run folder"
                            : "--out is missing: give the run folder to make";
}

// A token file's tokenizer becomes the run's. Returns what is wrong with the one that is named; empty where nothing is.
std::string take_tokenizer(const CLI::App& verb, Options& options) {
  const bool one_vocabulary = options.texts.size() == 1 || !options.config.mix.empty();
  if (!one_vocabulary || options.texts.empty() || !data::TokenFile::is_one(options.texts[0])) return {};
  const std::string kind = data::TokenFile::tokenizer_kind(options.texts[0]);
  if (is_given(verb, "tokenizer") && options.config.tokenizer != kind)
    return text("--tokenizer ", options.config.tokenizer,
                " does not go with this token file, whose ids are of a ", kind,
                " tokenizer that is in it. Hint: leave --tokenizer out");
  options.config.tokenizer = kind;
  return {};
}

// --replay and --bisect, whose runs are there and stay as they are.
int diagnose(const train::TrainConfig& config, const Options& options) {
  if (options.replay > 0) {
    train::ReplayedStep step = train::replay(config, options.out, options.replay, std::cerr, options.memory);
    std::cout << (options.json ? replay_json(step) : replay_text(step));
    return step.made ? 0 : kFailed;
  }
  train::Bisection found = train::bisect(options.out, options.bisect, std::cerr);
  std::cout << (options.json ? bisection_json(found) : bisection_text(found));
  return found.same() ? 0 : kFailed;
}

int run(CLI::App& verb, Options& options) {
  if (!options.flags_file.empty())
    if (std::string wrong = read_flags(verb, options.flags_file); !wrong.empty())
      return bad_usage("train", wrong);
  if (std::string wrong = wrong_together(verb, options); !wrong.empty()) return bad_usage("train", wrong);
  train::TrainConfig& config = options.config;
  take_defaults(verb, config);
  config.text = joined(options.texts);
  if (std::string wrong = take_tokenizer(verb, options); !wrong.empty()) return bad_usage("train", wrong);
  make_absolute(config.vectors);
  for (const Option& option : train::RunOptions::tokenizer())
    if (option.is_path) make_absolute(std::get<std::string>(config.options.at(option.name)));
  const bool diagnoses = options.replay > 0 || !options.bisect.empty();
  bool known = diagnoses || (options.resume && train::is_run(options.out));
  if (!known && config.text.empty())
    return bad_usage("train", options.resume
                                  ? "TEXT is missing: there is no run yet that --resume could take it from"
                                  : "TEXT is missing: the file to train on, or - for standard input");
  if (known) config = merged(verb, options);
  try {
    config.check();
  } catch (const std::invalid_argument& error) {
    print_error(error.what());
    return kBadUsage;
  }
  if (diagnoses) return diagnose(config, options);
  if (options.plan) {
    train::plan(config, std::cout, std::cerr, options.memory);
    return 0;
  }
  if (options.find_lr) {
    train::find_lr(config, std::cout, std::cerr, options.out, options.memory);
    return 0;
  }
  StopOnSignal stop;
  bool complete = (options.resume ? train::resume : train::train)(config, options.out, std::cout, std::cerr,
                                                                  {&stop}, options.memory);
  return complete ? 0 : 128 + stop.caught();
}

}  // namespace

void add_train(CLI::App& verb, int& exit_code) {
  auto options = std::make_shared<Options>();
  add_text(verb, "--config", options->flags_file,
           "file of flags, one a line: dim = 64; or the config of a run; those given here win", "none");
  train::TrainConfig::fields(options->config,
                             [&](const char* flag, auto& value, const auto& limits, const char* help) {
                               if (std::string(flag) == "text")
                                 verb.add_option("text", options->texts, help)->type_name("TEXT");
                               else
                                 add(verb, flags_of(flag), value, limits, help);
                             });
  add_text(verb, "--out", options->out, "run folder to make", "none; needed but for --plan and --find-lr");
  add_switch(verb, "--resume", options->resume,
             "go on with the run in --out; it ends in the same bytes as one never stopped");
  add_integer(verb, "--replay", options->replay, 1, train::detail::kMany,
              "make this step of the run in --out again, bit for bit, and show it; nothing is written")
      ->default_str("none");
  add_text(
      verb, "--bisect", options->bisect,
      "another RUN folder: find the first step after which the one in --out differs from it; exit code 1 "
      "where they do",
      "none");
  add_switch(verb, "--json", options->json, "what --replay or --bisect shows, as JSON");
  add_switch(verb, "--plan", options->plan, "say what the run will take, memory and time, and do not train");
  add_switch(
      verb, "--find-lr", options->find_lr,
      "say which learning rates the loss falls at, by --steps (0: 200) steps of a model that is then gone");
  add_bytes(verb, "--memory-limit", options->memory,
            "refuse a run that will take more, before it does: 500MB, 2GiB", "what is available");
  verb.callback([&verb, options, &exit_code] { exit_code = run(verb, *options); });
}

}  // namespace lexigrad::tools
