// fastText's binary models, for the vectors of their words: https://fasttext.cc
#pragma once
#include <string>
#include <string_view>

#include "lexigrad/train/formats/vector_format.h"

namespace lexigrad::train {

/// True where a file begins as a model of fastText does.
bool is_fasttext(std::string_view start);

/// The vectors of a model's words as fastText has them: the mean of a word's own row and those of its n-grams. Versions
/// 11 and 12; labels are no words. Throws FileError for quantized models and whatever is damaged.
WordVectors load_fasttext(const std::string& path);

}  // namespace lexigrad::train
