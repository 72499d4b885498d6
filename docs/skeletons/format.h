// Raw float32 rows: copy to train/formats/raw.h and add its row to train/formats/formats.cpp.
#pragma once
#include "lexigrad/train/formats/vector_format.h"

namespace lexigrad::train {

/// The row ".raw" in formats(): "RAW1", int64 dim, then the rows in float32; the words are
/// beside in NAME.words.txt.
VectorFormat raw_format();

}  // namespace lexigrad::train
