// lexigrad convert: vectors from one format to another, or as a model of sentences.
#include <CLI/CLI.hpp>
#include <charconv>
#include <filesystem>
#include <memory>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/train/formats/formats.h"
#include "lexigrad/train/formats/safetensors/quantized.h"
#include "lexigrad/train/formats/safetensors/sentence_model.h"
#include "lexigrad/train/runs/run_folder.h"
#include "lexigrad/train/tools/console.h"
#include "lexigrad/train/tools/flags.h"

namespace lexigrad::tools {
namespace {

struct Options {
  std::string source, out;
  train::QuantizeOptions quantize{.method = "none", .parts = 0, .seed = 0};
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

// "3.2e-05".
std::string rounded(double value) {
  char out[16];
  return {out, std::to_chars(out, out + sizeof out, value, std::chars_format::scientific, 1).ptr};
}

void quantize(const Options& options, const train::WordVectors& vectors) {
  check(options.out.ends_with(".safetensors"), "convert",
        "Quantized vectors are written as .safetensors, OUT is \"", data::visible(options.out), '"');
  const train::QuantizeLoss loss = train::save_quantized(options.out, vectors, options.quantize);
  std::error_code error;
  const auto bytes = static_cast<int64_t>(std::filesystem::file_size(options.out, error));
  print(text("wrote ", options.out, ": ", with_commas(vectors.rows.size(0)), " words x ",
             vectors.rows.size(1), " in ", bytes_text(bytes), ", ", bytes_text(4 * vectors.rows.numel()),
             " as float32; 1 - cosine: mean ", rounded(loss.mean), ", largest ", rounded(loss.largest), " (",
             data::visible(vectors.words[static_cast<size_t>(loss.row)]), ")\n"));
}

void convert(const Options& options) {
  train::WordVectors vectors = train::load_run_vectors(options.source);
  if (options.quantize.method != "none") return quantize(options, vectors);
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
  add_choice(
      verb, "--quantize", options->quantize.method, {"none", "int8", "pq"},
      "Write OUT.safetensors with a byte a number, or by product quantization a byte for some 4 numbers");
  add_integer(verb, "--parts", options->quantize.parts, 0, 1 << 20,
              "pq: bytes of a row; 0: the largest divisor of its numbers that leaves each 4 or more");
  verb.callback([options] { convert(*options); });
}

}  // namespace lexigrad::tools
