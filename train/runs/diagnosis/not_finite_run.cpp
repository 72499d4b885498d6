#include "lexigrad/train/runs/diagnosis/not_finite_run.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "lexigrad/autograd/base/file.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/data/text/json_text.h"
#include "lexigrad/train/runs/diagnosis/batch_text.h"
#include "lexigrad/train/runs/run_folder.h"

namespace lexigrad::train {
namespace {

// Says whether it could be written: the message counts more than the file.
std::string write_report(const NumericsError& error, const RunParts& run,
                         const std::vector<BatchText>& batches, int64_t kept) {
  nlohmann::ordered_json out = {
      {"step", run.trainer.last_step().number},
      {"message", error.message()},
      {"checkpoint", nullptr},
      {"batches", data::parsed_json<nlohmann::ordered_json>(batches_json(batches))}};
  if (kept >= 0) out["checkpoint"] = kept;
  std::string path = run.file(kRunNotFinite);
  try {
    write_file_atomically(path, data::json_text(out, 2) + "\n");
    return text("All of this is in ", data::visible(path));
  } catch (const FileError& failed) { return text(kRunNotFinite, " could not be written: ", failed.what()); }
}

}  // namespace

void fail_not_finite_run(const NumericsError& error, const RunParts& run) {
  std::vector<BatchText> batches = batch_texts(run, run.trainer.last_step().batches);
  int64_t kept = has_checkpoint(run.folder) ? read_checkpoint(run.folder).position.step : -1;
  std::string left =
      kept < 0 ? "There is no checkpoint yet"
               : text("The last checkpoint, ", run.file(kCheckpointFile), " of step ", kept, ", is intact");
  std::string at = batches.empty() ? "" : text(". At fault may be ", shown(batches));
  fail_training(text(error.message(), at, ". ", left, ". ", write_report(error, run, batches, kept),
                     "; start again with a smaller --lr and another --out"));
}

void remove_not_finite(const RunParts& run) {
  std::error_code error;
  std::filesystem::remove(run.file(kRunNotFinite), error);
}

}  // namespace lexigrad::train
