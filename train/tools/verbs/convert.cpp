// lexigrad convert: vectors from one format to another.
#include <CLI/CLI.hpp>
#include <memory>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/train/formats/formats.h"
#include "lexigrad/train/runs/run_folder.h"
#include "lexigrad/train/tools/console.h"

namespace lexigrad::tools {
namespace {

struct Options {
  std::string source, out;
};

std::string unknown_ending(const std::string& path) {
  const train::VectorFormat* format = train::find_format(path);
  if (format && path.size() > format->name.size()) return "";
  return text('"', path, "\" ends in none of ", train::format_list("and"));
}

void convert(const Options& options) {
  train::WordVectors vectors = train::load_run_vectors(options.source);
  std::string size = text(with_commas(vectors.rows.size(0)), " words x ", vectors.rows.size(1));
  for (const std::string& path : train::save_vectors(options.out, vectors))
    print(text("wrote ", path, ": ", size, "\n"));
}

}  // namespace

void add_convert(CLI::App& verb, int&) {
  auto options = std::make_shared<Options>();
  verb.add_option("RUN|FILE", options->source,
                  text("Folder of a training run, or vectors (", train::formats().listed(), ')'))
      ->required();
  verb.add_option("OUT", options->out, text("File to write: ", train::format_list("or")))
      ->required()
      ->check(unknown_ending);
  verb.callback([options] { convert(*options); });
}

}  // namespace lexigrad::tools
