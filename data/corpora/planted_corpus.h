// A text with known answers: words of one class stand in the same contexts, so their trained vectors must
// converge.
#pragma once
#include <string>

#include "lexigrad/data/corpora/planted_truth.h"

namespace lexigrad::data {

struct PlantedCorpus {
  std::string text;  ///< one sentence a line: lower-case words and a final "." with blanks between
  PlantedTruth truth;
};

/// Writes the text of `options`: the same bytes on every machine. Throws where a size is outside its range.
PlantedCorpus make_planted_corpus(const PlantedOptions& options = {});

}  // namespace lexigrad::data
