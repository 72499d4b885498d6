// word2vec's formats, as gensim reads them: "V D" on a line, and for each word "word v1 ... vD" on a line, or "word", a
// blank and D values of float32.
#pragma once
#include <string>

#include "lexigrad/train/formats/vector_format.h"

namespace lexigrad::train {

/// The row ".vec" in formats(). Reading takes files without the first line (GloVe's), tabs, blanks in words and at
/// line ends and line ends of any kind.
VectorFormat vec_format();
/// The row ".bin": the binary form. Reading takes models of fastText, which end so too. Either ending is read as what
/// the file's bytes are.
VectorFormat bin_format();

}  // namespace lexigrad::train
