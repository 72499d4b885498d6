#include "lexigrad/train/formats/safetensors/vectors.h"

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/train/formats/safetensors.h"
#include "lexigrad/train/formats/safetensors/quantized.h"
#include "lexigrad/train/formats/text_lines.h"

namespace lexigrad::train {
namespace {

constexpr const char *kWeight = "weight", *kWords = "words", *kVectors = "vectors";

WordVectors load(const std::string& path) {
  SafetensorsFile file = load_safetensors(path, kCodes);
  const Tensor quantized = quantized_rows(file, path);
  auto name = file.metadata.find(kVectors);
  const Tensor* rows =
      quantized.defined() ? &quantized : file.find(name == file.metadata.end() ? kWeight : name->second);
  auto words = file.metadata.find(kWords);
  if (!rows || words == file.metadata.end())
    fail_file("vectors",
              "The file has no tensor \"weight\" with metadata \"words\" (one word a line). Hint: `lexigrad "
              "inspect` lists what is in it",
              path);
  return {split_words(words->second), *rows};
}

void save(const std::string& path, const WordVectors& vectors) {
  save_safetensors(path, {{kWeight, vectors.rows}}, {{kWords, word_lines(vectors.words)}});
}

FileContents contents(const std::string& path) {
  SafetensorsFile file = load_safetensors(path);
  return {std::move(file.tensors), read_safetensors_header(InputFile(path), false).alias,
          std::move(file.metadata), std::move(file.stored)};
}

}  // namespace

VectorFormat safetensors_format() {
  return {.name = ".safetensors",
          .program = "",
          .save = save,
          .load = load,
          .sniff = is_safetensors,
          .contents = contents};
}

}  // namespace lexigrad::train
