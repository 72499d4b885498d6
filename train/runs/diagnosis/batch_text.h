// A batch of a run as people can read it: which windows, and what they say.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "lexigrad/train/loop/tally.h"

namespace lexigrad::train {

struct RunParts;

struct BatchText {
  BatchPlace place;
  std::string sample_name;         ///< "window"
  std::vector<int64_t> samples;    ///< numbers of the training text's samples, in the batch's order
  std::vector<std::string> texts;  ///< of each, on one line and cut where it is long
};

/// Samples of the run's training text, windows with the target of their last token, decoded by its tokenizer.
std::vector<BatchText> batch_texts(const RunParts& run, const std::vector<BatchPlace>& places);

/// "batch 3 of epoch 0, windows 5, 9, ... (16 in all), the first \"...\"": on one line, of any number of batches.
std::string shown(const std::vector<BatchText>& batches);
/// A JSON list of objects with epoch, batch, windows and texts.
std::string batches_json(const std::vector<BatchText>& batches);

}  // namespace lexigrad::train
