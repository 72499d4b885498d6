#include "lexigrad/train/runs/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/file.h"
#include "lexigrad/data/text/encoding.h"
#include "lexigrad/data/tokenizers/tokenizers.h"

namespace lexigrad::train {
namespace fs = std::filesystem;

std::string path_in(const std::string& folder, std::string_view name) {
  return (fs::path(folder) / name).string();
}

bool is_run(const std::string& folder) {
  std::error_code error;
  return fs::exists(path_in(folder, kRunConfig), error);
}

bool is_free(const std::string& folder) {
  std::error_code error;
  fs::file_status status = fs::status(folder, error);
  if (status.type() == fs::file_type::not_found) return true;
  if (status.type() == fs::file_type::none) return true;  // not to be seen: making it says why
  fs::directory_iterator files(folder, error);
  if (error) return false;
  return std::all_of(begin(files), end(files), [&](const fs::directory_entry& file) {
    return file.path() == temporary_path(path_in(folder, kRunConfig));
  });
}

void make_run_folder(const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    fail_file("train", text("Cannot make the run folder: ", error.message(), ". Hint: give another --out"),
              folder);
}

// A file system that knows no locks does without.
RunLock::RunLock(const std::string& folder) : descriptor_(::open(folder.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (descriptor_ < 0 || ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
  ::close(descriptor_);
  fail_file("train", "Another process trains into this folder. Hint: wait for it, or give another --out",
            folder);
}

RunLock::~RunLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

TrainConfig read_config(const std::string& folder) {
  std::string path = path_in(folder, kRunConfig);
  return parse_config(data::read_utf8(path), path);
}

void write_config(const std::string& folder, const TrainConfig& config) {
  write_file_atomically(path_in(folder, kRunConfig), config_json(config));
}

bool is_folder(const std::string& path) {
  std::error_code error;
  fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found)
    fail_file("run",
              "No such file or folder. Hint: check the spelling; paths are relative to the current folder",
              path);
  if (error)
    fail_file(
        "run",
        text("Cannot read: ", error.message(), ". Hint: change the permissions of the folders on the way"),
        path);
  return fs::is_directory(status);
}

std::string run_file(const std::string& run, std::string_view name) {
  std::string path = path_in(run, name);
  std::error_code error;
  if (fs::status(path, error).type() != fs::file_type::not_found)
    return path;  // the reader says what is wrong
  std::string hint =
      is_run(run) ? text("the run is not finished; `lexigrad train --resume --out ", run, "` goes on with it")
                  : "name a folder that `lexigrad train TEXT --out RUN` wrote, or a file";
  fail_file("run", text("The folder holds no ", name, ". Hint: ", hint), run);
}

std::unique_ptr<data::Tokenizer> load_run_tokenizer(const std::string& run_or_file) {
  return data::load_tokenizer(is_folder(run_or_file) ? run_file(run_or_file, kRunTokenizer) : run_or_file);
}

WordVectors load_run_vectors(const std::string& run_or_file) {
  return load_vectors(is_folder(run_or_file) ? run_file(run_or_file, kRunVectors) : run_or_file);
}

}  // namespace lexigrad::train
