// The model that a run's options make.
#pragma once
#include "lexigrad/nn/models/next_token_model.h"
#include "lexigrad/train/runs/config.h"

namespace lexigrad::train {

/// With its starting values, drawn from the run's seed. Throws where memory would not do.
nn::NextTokenModel make_model(const TrainConfig& config, int64_t vocabulary);

}  // namespace lexigrad::train
