// Vectors of words that together predict the word between them.
#pragma once
#include "lexigrad/nn/models/word_model.h"

namespace lexigrad::nn {

/// Continuous bag of words with negative sampling (Mikolov et al. 2013): for each word t, with h the mean of token[c] over the
/// words c in its window, softplus(-<h, context[t]>) + negatives times the mean of softplus(<h, context[n]>) over the noise
/// words n that are not t. The gradient is that of the mean, which word2vec and gensim leave undivided (Irsoy et al. 2021).
class Cbow final : public WordModel {
 public:
  /// `occurrences`: how often each word is in the text.
  explicit Cbow(const std::vector<int64_t>& occurrences, const WordModelOptions& options = {})
      : WordModel("Cbow", Predicts::mean, occurrences, options) {}

 private:
  LEXIGRAD_MODULE(Cbow, token_, context_)
};

}  // namespace lexigrad::nn
