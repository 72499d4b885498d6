// --objective skipgram: each word predicts those around it.
#pragma once
#include "lexigrad/train/runs/objectives/objectives.h"

namespace lexigrad::train {

/// The row of objectives().
ObjectiveKind skip_gram_objective();

}  // namespace lexigrad::train
