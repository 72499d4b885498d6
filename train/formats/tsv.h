// Tab-separated rows, as TensorBoard's projector reads them; the words are beside in NAME.metadata.tsv.
#pragma once
#include "lexigrad/train/formats/vector_format.h"

namespace lexigrad::train {

/// The row ".tsv" in formats(). Reading takes a metadata file of several columns: its first line then names
/// them, and the words are the first.
VectorFormat tsv_format();

}  // namespace lexigrad::train
