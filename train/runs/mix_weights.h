// --mix: the weights of a run's corpora.
#pragma once
#include <string>
#include <vector>

#include "lexigrad/train/runs/config.h"

namespace lexigrad::train {

/// The weights that config.mix lists, as "0.7,0.3"; NaN for what is no number. Empty where nothing is mixed.
std::vector<double> mix_weights(const TrainConfig& config);
/// What is wrong with config.mix, as the end of an error; empty where nothing is.
std::string wrong_mix(const TrainConfig& config);

}  // namespace lexigrad::train
