// Vectors of words that predict the words around them.
#pragma once
#include "lexigrad/nn/models/word_model.h"

namespace lexigrad::nn {

/// Skip-gram with negative sampling (Mikolov et al. 2013): for each word c in the window of a word t
/// softplus(-<token[c], context[t]>) + negatives times the mean of softplus(<token[c], context[n]>) over the noise words n
/// that are not t.
class SkipGram final : public WordModel {
 public:
  /// `occurrences`: how often each word is in the text.
  explicit SkipGram(const std::vector<int64_t>& occurrences, const WordModelOptions& options = {})
      : WordModel("SkipGram", Predicts::each, occurrences, options) {}

 private:
  LEXIGRAD_MODULE(SkipGram, token_, context_)
};

}  // namespace lexigrad::nn
