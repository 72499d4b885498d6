// What `lexigrad train` leaves on disk: the one place that knows the names of a run's files.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "lexigrad/autograd/base/file.h"
#include "lexigrad/data/tokenizers/tokenizer.h"
#include "lexigrad/train/formats/vectors.h"
#include "lexigrad/train/loop/callback.h"
#include "lexigrad/train/loop/checkpoint.h"
#include "lexigrad/train/runs/config.h"

namespace lexigrad::train {

/// The files of a run folder, with those that save_checkpoint() writes.
inline constexpr const char *kRunConfig = "config.json", *kRunTokenizer = "tokenizer.txt",
                            *kRunLog = "log.jsonl", *kRunStartVectors = "vectors_start.safetensors",
                            *kRunVectors = "vectors.safetensors", *kRunPicture = "loss.svg",
                            *kRunFlags = "config", *kRunNotFinite = "not_finite.json",
                            *kRunBest = "best.safetensors", *kRunNgrams = "ngrams.table";

std::string path_in(const std::string& folder, std::string_view name);

/// True where `folder` holds a run, begun or complete.
bool is_run(const std::string& folder);
/// True where a run may begin: nothing is there, or what a run leaves that was killed before
/// its first file was whole. Throws FileError where that cannot be seen.
bool is_free(const std::string& folder);
/// Throws FileError where the folder cannot be made.
void make_run_folder(const std::string& folder);

/// Takes away what a run leaves that has not saved a checkpoint, and the folder where nothing else is in it.
void remove_unsaved_run(const std::string& folder);

/// Holds a run folder, which must be there, for this process while it lives; nothing is left in it, however the
/// process ends. Throws FileError where another process holds it, and after a step that finds another folder, or
/// none, in its place: what is written there would be another run's.
class RunLock final : public Callback {
 public:
  explicit RunLock(std::string folder);
  void after_step(RunState&) override;

 private:
  std::string folder_;
  Descriptor held_;
};

/// The options of the run in `folder`.
TrainConfig read_config(const std::string& folder);
/// Writes config.json, and the same as a file of flags; a file that says so already is left alone.
void write_config(const std::string& folder, const TrainConfig& config);

/// True for a folder, false for a file. Throws FileError where there is neither.
bool is_folder(const std::string& path);
/// Path of a file in a RUN folder. Throws FileError where the folder has no such file.
std::string run_file(const std::string& run, std::string_view name);
/// The tokenizer of a RUN folder, of a token file, or of a file that Tokenizer::save() wrote.
std::unique_ptr<data::Tokenizer> load_run_tokenizer(const std::string& run_or_file);
/// The trained vectors of a RUN folder, or those of a file in any format of load_vectors().
WordVectors load_run_vectors(const std::string& run_or_file);

}  // namespace lexigrad::train
