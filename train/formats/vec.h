// word2vec's text format, as gensim reads it: "V D", then a line "word v1 ... vD"
// for each word.
#pragma once
#include <string>

#include "lexigrad/train/formats/vector_format.h"

namespace lexigrad::train {

/// The row ".vec" in formats(). Reading takes files without the first line (GloVe's), tabs, blanks in words and at
/// line ends, line ends of any kind, and word2vec's binary form, in a .bin file, too.
VectorFormat vec_format();

}  // namespace lexigrad::train
