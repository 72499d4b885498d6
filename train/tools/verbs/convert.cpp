// lexigrad convert: vectors from one format to another, or as a model of sentences.
#include <CLI/CLI.hpp>
#include <memory>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/train/formats/formats.h"
#include "lexigrad/train/formats/safetensors/sentence_model.h"
#include "lexigrad/train/runs/run_folder.h"
#include "lexigrad/train/tools/console.h"

namespace lexigrad::tools {
namespace {

struct Options {
  std::string source, out;
};

std::string unknown_ending(const std::string& path) {
  if (path.ends_with('/')) return "";
  const train::VectorFormat* format = train::find_format(path);
  if (format && path.size() > format->name.size()) return "";
  return text('"', path, "\" ends in none of ", train::format_list("and"), ", nor in / as a folder");
}

std::vector<std::string> save(const Options& options, const train::WordVectors& vectors) {
  if (!options.out.ends_with('/')) return train::save_vectors(options.out, vectors);
  if (!train::is_folder(options.source)) return train::save_sentence_model(options.out, vectors);
  return train::save_sentence_model(options.out, vectors, train::load_run_tokenizer(options.source).get());
}

void convert(const Options& options) {
  train::WordVectors vectors = train::load_run_vectors(options.source);
  std::string size = text(with_commas(vectors.rows.size(0)), " words x ", vectors.rows.size(1));
  for (const std::string& path : save(options, vectors)) print(text("wrote ", path, ": ", size, "\n"));
}

}  // namespace

void add_convert(CLI::App& verb, int&) {
  auto options = std::make_shared<Options>();
  verb.add_option("RUN|FILE", options->source,
                  text("Folder of a training run, or vectors (", train::formats().listed(), ')'))
      ->required();
  verb.add_option("OUT", options->out,
                  text("File to write: ", train::format_list("or"),
                       "; or FOLDER/: a model of sentences for model2vec and sentence-transformers"))
      ->required()
      ->check(unknown_ending);
  verb.callback([options] { convert(*options); });
}

}  // namespace lexigrad::tools
