// Word vectors in a safetensors file: the tensor "weight", with the words, one a line,
// as metadata "words"; of a whole model the tensor that metadata "vectors" names.
#pragma once
#include "lexigrad/train/formats/vector_format.h"

namespace lexigrad::train {

/// The row ".safetensors" in formats().
VectorFormat safetensors_format();

}  // namespace lexigrad::train
