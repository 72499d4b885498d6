// Vectors measured by questions of words: what is to c as b is to a?
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "lexigrad/autograd/tensor/tensor.h"
#include "lexigrad/train/vectors/neighbors.h"
#include "lexigrad/train/vectors/sets/evaluation_set.h"
#include "lexigrad/train/vectors/sets/word_index.h"

namespace lexigrad::train {

struct AnalogyOptions {
  AnalogyMethod method = AnalogyMethod::add;
  int64_t restrict = 30'000;  ///< questions and answers are among as many first rows
  Unknown unknown = Unknown::left_out;
};

struct SectionScore {
  std::string name;
  int64_t counted = 0, unknown = 0, correct = 0;
};

/// The answers to a set of analogies, by section: the most similar row of any spelling that is not in the question
/// (of equals the first) is right where it is spelt as the answer. Similarities are in float32.
std::vector<SectionScore> score_analogies(const Tensor& rows, const WordIndex& index,
                                          const EvaluationSet& set, const AnalogyOptions& options = {});

}  // namespace lexigrad::train
