// word2vec's text format, as gensim reads it: "V D", then a line "word v1 ... vD" for each word.
#pragma once
#include <string>

#include "lexigrad/train/formats/vector_format.h"

namespace lexigrad::train {

/// The row ".vec" in formats(). Reading takes line ends of any kind and spaces at line ends.
VectorFormat vec_format();

}  // namespace lexigrad::train
