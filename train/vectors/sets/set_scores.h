// Vectors measured by what people said of words and texts.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "lexigrad/autograd/tensor/tensor.h"
#include "lexigrad/train/vectors/correlation.h"
#include "lexigrad/train/vectors/sets/evaluation_set.h"
#include "lexigrad/train/vectors/sets/word_index.h"

namespace lexigrad::train {

struct Agreement {
  int64_t counted = 0, unknown = 0;  ///< pairs that count, and those with an unknown word
  double spearman, pearson;          ///< of cosines and scores; NaN where one of them is constant
  Interval interval;                 ///< spearman_interval()
};

/// Cosines beside the scores of a set of pairs, or of sentences, whose vectors are the means of those of their words.
/// `index` has a word for each of the `rows` (V, D).
Agreement score_pairs(const Tensor& rows, const WordIndex& index, const EvaluationSet& set,
                      Unknown unknown = Unknown::left_out, uint64_t seed = 0);

struct Purity {
  int64_t counted = 0, unknown = 0;  ///< words with a vector and without
  double purity = 0;                 ///< class_precision_at_k(); 0 where no two words of a class have vectors
};

Purity score_classes(const Tensor& rows, const WordIndex& index, const EvaluationSet& set, int64_t k = 5);

}  // namespace lexigrad::train
