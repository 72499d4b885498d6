// --objective next-token: each token is predicted from those before it.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "lexigrad/nn/models/next_token_model.h"
#include "lexigrad/train/runs/config.h"
#include "lexigrad/train/runs/objectives/objectives.h"

namespace lexigrad::train {

/// The row of objectives().
ObjectiveKind next_token_objective();

/// The model of such a run with its starting values, drawn from the run's seed; `occurrences` of the tokens are for
/// losses that draw by them. Throws where memory would not do.
nn::NextTokenModel make_model(const TrainConfig& config, int64_t vocabulary,
                              std::vector<int64_t> occurrences = {},
                              std::shared_ptr<nn::RowTable> ngrams = {});

}  // namespace lexigrad::train
