// lexigrad train TEXT --out RUN
#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "lexigrad/train/run.h"
#include "lexigrad/train/tools/command.h"

namespace lexigrad::tools {
namespace {

struct Options {
  train::TrainConfig config;
  std::string out;
  bool resume = false;
};

CLI::Option* add(CLI::App& verb, const std::string& flag, int64_t& value, const train::Whole& limits, const std::string& help) {
  return add_integer(verb, flag, value, limits.low, limits.high, help);
}
CLI::Option* add(CLI::App& verb, const std::string& flag, double& value, const train::Real& limits, const std::string& help) {
  return add_real(verb, flag, value, limits.low, limits.high, help);
}
CLI::Option* add(CLI::App& verb, const std::string& flag, std::string& value, const std::vector<std::string>& choices, const std::string& help) {
  return choices.empty() ? add_text(verb, flag, value, help) : add_choice(verb, flag, value, choices, help);
}
CLI::Option* add(CLI::App& verb, const std::string& flag, bool& value, const std::vector<std::string>&, const std::string& help) {
  return verb.add_flag(flag + ",!--no-" + flag.substr(2), value, help)->default_str(value ? "true" : "false");
}
CLI::Option* add(CLI::App& verb, const std::string& flag, std::vector<std::string>& value, const std::vector<std::string>&, const std::string& help) {
  return verb.add_option(flag, value, help)->expected(1, -1)->take_all();
}

// The run's own options with those given now on top.
train::TrainConfig merged(const CLI::App& verb, const Options& options) {
  train::TrainConfig config = train::read_config(options.out);
  nlohmann::json given = nlohmann::json::parse(train::config_json(options.config));
  train::TrainConfig::fields(config, [&](const char* flag, auto& value, const auto&, const char*) {
    std::string name = std::string(flag) == "text" ? "text" : std::string("--") + flag;
    if (verb.get_option(name)->count() > 0) given.at(flag).get_to(value);
  });
  return config;
}

int run(const CLI::App& verb, Options& options) {
  std::string& text = options.config.text;  // kept whole, so that the run can go on from any folder
  if (!text.empty()) text = std::filesystem::absolute(text).lexically_normal().string();
  if (!options.resume) {
    if (options.config.text.empty()) return bad_usage("train", "TEXT is missing: the UTF-8 file to train on");
    train::train(options.config, options.out, std::cout, std::cerr);
    return 0;
  }
  bool known = train::is_run(options.out);
  if (!known && options.config.text.empty()) return bad_usage("train", "TEXT is missing: there is no run yet that --resume could take it from");
  train::resume(known ? merged(verb, options) : options.config, options.out, std::cout, std::cerr);
  return 0;
}

}  // namespace

void add_train(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("train", "Trains token embeddings on a text");
  verb->set_config("--config", "", "file of flags to read, one a line: dim = 64");
  train::TrainConfig::fields(options->config, [&](const char* flag, auto& value, const auto& limits, const char* help) {
    if (std::string(flag) == "text") verb->add_option("text", options->config.text, help)->type_name("TEXT");
    else add(*verb, std::string("--") + flag, value, limits, help);
  });
  add_text(*verb, "--out", options->out, "run folder to make (required)")->required();
  add_switch(*verb, "--resume", options->resume, "go on with the run in --out; it ends in the same bytes as one never stopped");
  verb->callback([verb, options, &exit_code] { exit_code = run(*verb, *options); });
}

}  // namespace lexigrad::tools
