// --objective skipgram and cbow: words from the words around them.
#pragma once
#include "lexigrad/train/runs/objectives/objectives.h"

namespace lexigrad::train {

/// Rows of objectives().
ObjectiveKind skip_gram_objective();
ObjectiveKind cbow_objective();

}  // namespace lexigrad::train
