// Vectors for TensorBoard's projector.
#pragma once
#include <string>

#include "lexigrad/train/formats/vector_format.h"

namespace lexigrad::train {

/// Writes FOLDER/projector.tsv, the words beside it (projector.metadata.tsv) and projector_config.pbtxt, by which
/// `tensorboard --logdir FOLDER` shows them.
void save_projector(const std::string& folder, const WordVectors& vectors);

}  // namespace lexigrad::train
