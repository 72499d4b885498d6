// lexigrad convert: vectors from one format to another.
#include <CLI/CLI.hpp>
#include <memory>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/train/tools/command.h"
#include "lexigrad/train/runs/run_folder.h"

namespace lexigrad::tools {
namespace {

struct Options {
  std::string source, out;
};

std::string unknown_ending(const std::string& path) {
  for (std::string_view ending : {".vec", ".npy", ".safetensors", ".tsv"})
    if (path.size() > ending.size() && path.ends_with(ending)) return "";
  return text('"', path,
              "\" ends in none of .vec (gensim), .npy (numpy), .safetensors and .tsv (TensorBoard)");
}

void convert(const Options& options) {
  train::WordVectors vectors = train::load_run_vectors(options.source);
  std::string size = text(with_commas(vectors.rows.size(0)), " words x ", vectors.rows.size(1));
  for (const std::string& path : train::save_vectors(options.out, vectors))
    print(text("wrote ", path, ": ", size, "\n"));
}

}  // namespace

void add_convert(CLI::App& app, int&) {
  auto options = std::make_shared<Options>();
  CLI::App& verb = *app.add_subcommand("convert", "Write vectors in another format, which the ending names");
  verb.add_option("RUN|FILE", options->source,
                  "Folder of a training run, or vectors (.vec, .npy, .tsv, .safetensors)")
      ->required();
  verb.add_option("OUT", options->out,
                  "File to write: .vec (gensim), .npy (numpy), .safetensors or .tsv (TensorBoard)")
      ->required()
      ->check(unknown_ending);
  verb.callback([options] { convert(*options); });
}

}  // namespace lexigrad::tools
