// lexigrad graph: one HTML page with the graph of a step of a run.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/train/runs/run.h"
#include "lexigrad/train/tools/command.h"
#include "lexigrad/train/tools/run_folder.h"

namespace lexigrad::tools {
namespace {

struct Settings {
  std::string run, out;
};

void write_page(const Settings& settings) {
  check(is_folder(settings.run), "graph", settings.run,
        " is a file. Hint: name a folder that `lexigrad train TEXT --out RUN` wrote");
  run_file(settings.run, kRunConfig);
  std::string out =
      settings.out.empty() ? (std::filesystem::path(settings.run) / "graph.html").string() : settings.out;
  train::draw_graph(settings.run, out);
  print(text("Written: ", out, "  (one file; open it in a browser)\n"));
}

}  // namespace

void add_graph(CLI::App& app, int&) {
  auto settings = std::make_shared<Settings>();
  CLI::App& verb = *app.add_subcommand("graph", "Draw the ops of a run's step as one HTML page");
  verb.add_option("RUN", settings->run, "Folder of a training run")->required();
  add_text(verb, "--out", settings->out, "File to write", "RUN/graph.html");
  verb.callback([settings] { write_page(*settings); });
}

}  // namespace lexigrad::tools
