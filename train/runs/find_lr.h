// `lexigrad train TEXT --find-lr`: which learning rate to take.
#pragma once
#include <cstdint>
#include <iosfwd>
#include <string>

#include "lexigrad/train/runs/config.h"

namespace lexigrad::train {

/// The files that a folder gets, where one is given.
inline constexpr const char *kRatesPicture = "lr_finder.svg", *kRatesTable = "lr_finder.tsv";

/// Trains such a run's model, which is then gone, at rates from 1e-7 to 10 over config.steps steps (0: 200), and
/// writes to `out` the curve of its loss and the rates that it speaks for (find_rates). No file is written but, where
/// `folder` is not empty, a picture and a table in it. The schedule of `config` does not count. Throws as train().
void find_lr(const TrainConfig& config, std::ostream& out, std::ostream& progress,
             const std::string& folder = "", int64_t memory = 0);

}  // namespace lexigrad::train
