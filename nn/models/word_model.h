// What learns vectors of words from the words around them: skip_gram.h and cbow.h.
#pragma once
#include <cstdint>
#include <vector>

#include "lexigrad/nn/layers/embedding.h"
#include "lexigrad/nn/losses/loss.h"
#include "lexigrad/nn/losses/sampler.h"

namespace lexigrad::nn {

struct WordModelOptions {
  int64_t dim = 100;
  int64_t window = 5;       ///< words on each side at most; each word draws 1..window
  double negatives = 5;     ///< noise words that each pair meets, in weight
  int64_t shared = 16;      ///< neighbouring words that meet the same noise words ...
  int64_t drawn = 24;       ///< ... so many of them, together of the weight of `negatives`
  double subsample = 1e-4;  ///< a word of a larger share of the text is left out at random; 0: none
  double power = 0.75;      ///< of the counts, for drawing noise words
  Dtype dtype = float32;
};

/// Pairs of words in blocks, as logistic_pairs_sum() takes them: of each block the words that are to be predicted with noise
/// words behind, (blocks, shared + drawn), and those that they are predicted from, (blocks, shared + 2 window).
struct WordBlocks {
  Tensor targets, words, weights, mixes;
  int64_t pairs = 0;  ///< targets with what predicts them
};

/// Noise words are drawn for `shared` words together, from counts^power (Ji et al. 2016 share them in a window). Words are
/// left out with probability 1 - (sqrt(f / subsample) + 1) subsample / f, as word2vec does.
class WordModel : public Module {
 public:
  /// The loss of sentences, ids int64 (n) with -1 between them; draws anew in each call (autograd/tensor/draws.h).
  Loss forward(const Tensor& sentences) const;
  /// The least loss a pair of scores that know the predicted word alone: words told from noise by their counts.
  double loss_of_counts() const { return loss_of_counts_; }
  /// The pairs whose loss forward() takes, with the same draws.
  WordBlocks blocks(const Tensor& sentences) const;

  /// The vectors, and those of words that are predicted.
  const Embedding& token() const { return token_; }
  const Embedding& context() const { return context_; }

 protected:
  enum class Predicts { each, mean };  ///< each word of a window, or the mean of all
  /// `occurrences`: how often each word is in the text; errors call the model by `name`, which must outlive it.
  WordModel(const char* name, Predicts predicts, const std::vector<int64_t>& occurrences,
            const WordModelOptions& options);

  const char* name_;
  Predicts predicts_;
  WordModelOptions options_;
  std::vector<double> kept_;  ///< probability of each word to stay
  Sampler noise_;
  double loss_of_counts_;
  Embedding token_, context_;
};

}  // namespace lexigrad::nn
