// lexigrad graph: one HTML page with the graph of a step of a run.
#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/train/runs/run.h"
#include "lexigrad/train/runs/run_folder.h"
#include "lexigrad/train/tools/console.h"
#include "lexigrad/train/tools/flags.h"

namespace lexigrad::tools {
namespace {

struct Options {
  std::string run, out;
};

void write_page(const Options& options) {
  check(train::is_folder(options.run), "graph", options.run,
        " is a file. Hint: name a folder that `lexigrad train TEXT --out RUN` wrote");
  train::run_file(options.run, train::kRunConfig);
  std::string out =
      options.out.empty() ? (std::filesystem::path(options.run) / "graph.html").string() : options.out;
  train::draw_graph(options.run, out);
  print(text("Written: ", out, "  (one file; open it in a browser)\n"));
}

}  // namespace

void add_graph(CLI::App& verb, int&) {
  auto options = std::make_shared<Options>();
  verb.add_option("RUN", options->run, "Folder of a training run")->required();
  add_text(verb, "--out", options->out, "File to write", "RUN/graph.html");
  verb.callback([options] { write_page(*options); });
}

}  // namespace lexigrad::tools
