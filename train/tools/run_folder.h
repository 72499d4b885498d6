// What the readers take: a RUN folder or a file of vectors.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "lexigrad/data/tokenizers/tokenizer.h"
#include "lexigrad/train/formats/vectors.h"

namespace lexigrad::tools {

// The files of a RUN folder that are read here.
inline constexpr std::string_view kRunConfig = "config.json", kRunTokenizer = "tokenizer.txt",
                                  kRunVectors = "vectors.safetensors";

/// True for a folder, false for a file. Throws FileError where there is neither.
bool is_folder(const std::string& path);
/// Path of a file in a RUN folder. Throws FileError where the folder has no such file.
std::string run_file(const std::string& run, std::string_view name);
/// The tokenizer of a RUN folder, or of a file that Tokenizer::save() wrote.
std::unique_ptr<data::Tokenizer> load_run_tokenizer(const std::string& run_or_file);
/// The trained vectors of a RUN folder, or those of a file in any format of load_vectors().
train::WordVectors load_run_vectors(const std::string& run_or_file);

}  // namespace lexigrad::tools
