// Runs on one small text, side by side in a folder.
#pragma once
#include <sstream>
#include <string>

#include "lexigrad/train/loop/evaluate.h"
#include "lexigrad/train/runs/parts.h"
#include "lexigrad/train/runs/run.h"
#include "train/runs/support.h"

namespace lexigrad::test {

/// 58 windows, 8 batches of 8 an epoch.
struct SmallRuns {
  Folder folder;
  std::string text = folder / "text.txt";
  std::ostringstream out;

  SmallRuns() { spill(text, random_text(40, 480)); }

  train::TrainConfig config() const {
    train::TrainConfig config;
    config.text = text;
    config.dim = 8;
    config.context = 8;
    config.batch = 8;
    return config;
  }
  std::string run(const char* name, const train::TrainConfig& config) {
    train::train(config, folder / name, out, out);
    return folder / name;
  }
};

/// The loss of the model as it stands.
inline double held_out_loss(train::RunParts& parts) {
  parts.objective->model().eval();
  const std::unique_ptr<train::Feed> feed = parts.objective->held_out_feed(0);
  feed->seek(0, 0);
  return train::detail::tally_rest(*feed).mean();
}

}  // namespace lexigrad::test
