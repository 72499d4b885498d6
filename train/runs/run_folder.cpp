#include "lexigrad/train/runs/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/file.h"
#include "lexigrad/data/datasets/token_file.h"
#include "lexigrad/data/text/encoding.h"
#include "lexigrad/data/tokenizers/tokenizers.h"
#include "lexigrad/train/runs/flags_file.h"
#include "lexigrad/train/tensorboard/event_file.h"

namespace lexigrad::train {
namespace fs = std::filesystem;
namespace {

void write_where_other(const std::string& path, const std::string& bytes) {
  std::error_code error;
  if (fs::file_size(path, error) == bytes.size() && !error && read_file(path) == bytes) return;
  write_file_atomically(path, bytes);
}

}  // namespace

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
  const std::vector<std::string> names = names_in(folder, error);
  if (error == std::errc::not_a_directory) return false;
  if (error)
    fail_file("train",
              text("Cannot look into the run folder: ", error.message(), ". Hint: give another --out"),
              folder);
  return std::all_of(names.begin(), names.end(), [&](const std::string& name) {
    return path_in(folder, name) == temporary_path(path_in(folder, kRunConfig));
  });
}

void make_run_folder(const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    fail_file("train", text("Cannot make the run folder: ", error.message(), ". Hint: give another --out"),
              folder);
}

void remove_unsaved_run(const std::string& folder) {
  std::error_code error;
  const std::vector<std::string> ours = {kRunBest,      kEventsFile, kRunLog,    kRunStartVectors,
                                         kRunTokenizer, kRunFlags,   kRunNgrams, kRunConfig};
  for (const std::string& name : names_in(folder, error))
    if (std::find(ours.begin(), ours.end(), name) != ours.end() ||
        name.starts_with(kRunNgrams + std::string(".")))
      fs::remove(path_in(folder, name), error);
  fs::remove(folder, error);
}

// A file system that knows no locks does without.
RunLock::RunLock(std::string folder)
    : folder_(std::move(folder)), held_(::open(folder_.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (!held_ || ::flock(held_.number(), LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
  fail_file("train", "Another process trains into this folder. Hint: wait for it, or give another --out",
            folder_);
}

void RunLock::after_step(RunState&) {
  struct stat held, there;
  if (!held_ || ::fstat(held_.number(), &held) != 0) return;
  int code = ::stat(folder_.c_str(), &there) == 0 ? 0 : errno;
  if (code == 0 && held.st_ino == there.st_ino && held.st_dev == there.st_dev) return;
  if (code != 0 && code != ENOENT) return;  // who writes says so
  fail_file(
      "train",
      "The run folder was moved, deleted or replaced under the run. Hint: lexigrad train --resume --out "
      "goes on from the last checkpoint where the folder is now",
      folder_);
}

TrainConfig read_config(const std::string& folder) {
  std::string path = path_in(folder, kRunConfig);
  return parse_config(data::read_utf8(path), path);
}

void write_config(const std::string& folder, const TrainConfig& config) {
  write_where_other(path_in(folder, kRunConfig), config_json(config));
  write_where_other(path_in(folder, kRunFlags), flags_text(config));
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
  if (data::TokenFile::is_one(run_or_file)) return data::TokenFile(run_or_file).tokenizer();
  return data::load_tokenizer(is_folder(run_or_file) ? run_file(run_or_file, kRunTokenizer) : run_or_file);
}

WordVectors load_run_vectors(const std::string& run_or_file) {
  return load_vectors(is_folder(run_or_file) ? run_file(run_or_file, kRunVectors) : run_or_file);
}

}  // namespace lexigrad::train
