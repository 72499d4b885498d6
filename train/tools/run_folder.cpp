#include "lexigrad/train/tools/run_folder.h"

#include <filesystem>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/data/tokenizers/tokenizers.h"

namespace lexigrad::tools {

bool is_folder(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error))
    fail_file("run",
              "No such file or folder. Hint: check the spelling; paths are relative to the current folder",
              path);
  return std::filesystem::is_directory(path, error);
}

std::string run_file(const std::string& run, std::string_view name) {
  std::string path = (std::filesystem::path(run) / name).string();
  std::error_code error;
  if (std::filesystem::exists(path, error)) return path;
  bool begun = std::filesystem::exists(std::filesystem::path(run) / kRunConfig, error);
  fail_file(
      "run",
      text("The folder holds no ", name, ". Hint: ",
           begun ? text("the run is not finished; `lexigrad train --resume --out ", run, "` goes on with it")
                 : "name a folder that `lexigrad train TEXT --out RUN` wrote, or a file"),
      run);
}

std::unique_ptr<data::Tokenizer> load_run_tokenizer(const std::string& run_or_file) {
  return data::load_tokenizer(is_folder(run_or_file) ? run_file(run_or_file, kRunTokenizer) : run_or_file);
}

train::WordVectors load_run_vectors(const std::string& run_or_file) {
  return train::load_vectors(is_folder(run_or_file) ? run_file(run_or_file, kRunVectors) : run_or_file);
}

}  // namespace lexigrad::tools
