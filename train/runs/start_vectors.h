// Vectors of another run or program as the start of a run.
#pragma once
#include <cstdint>
#include <string>

#include "lexigrad/autograd/tensor/tensor.h"
#include "lexigrad/data/tokenizers/vocabulary.h"

namespace lexigrad::train {

/// Copies the vectors of a RUN folder or a file, in any format of load_vectors(), into the rows of `table` (V, D)
/// whose tokens have one; the others stay. Returns how many. Throws FileError where the vectors are not D wide
/// or none of their words is a token.
int64_t start_from(const std::string& run_or_file, const data::Vocabulary& vocabulary, const Tensor& table);

}  // namespace lexigrad::train
