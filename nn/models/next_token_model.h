// The model that training a table of token embeddings needs, up to a small transformer.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "lexigrad/nn/layers/embedding.h"
#include "lexigrad/nn/layers/linear.h"
#include "lexigrad/nn/layers/ngram_memory.h"
#include "lexigrad/nn/losses/head_losses.h"
#include "lexigrad/nn/models/encoders.h"
#include "lexigrad/nn/models/language_model.h"

namespace lexigrad::nn {

struct NextTokenModelOptions {
  int64_t vocabulary = 0;  ///< ids are 0..vocabulary-1
  int64_t dim = 0;
  int64_t max_length = 0;                 ///< the longest window
  std::string encoder = "none";           ///< what mixes positions (nn/models/encoders.h)
  OptionValues encoder_options = {};      ///< its options, but for layers, heads and dropout (those below)
  std::string positions = "learned";      ///< a method's name (nn/positions/methods.h)
  PositionsOptions position = {};         ///< its options; max_length, dim and heads are the model's
  std::string loss = "softmax";           ///< what training takes (nn/losses/head_losses.h)
  OptionValues loss_options = {};         ///< its options
  std::vector<int64_t> occurrences = {};  ///< of each id in the text, for losses that draw by them
  int64_t layers = 1, heads = 4;          ///< of the attention encoder
  TransformerBlockOptions block = {};     ///< of its blocks
  bool bias = true;                       ///< of the head
  bool tied = false;                      ///< the head's weight is the token table
  int64_t ngram_rows = 0;                 ///< of a memory of the last ids (nn/layers/ngram_memory.h); 0: none
  NgramMemoryOptions ngrams = {};         ///< its options
  std::shared_ptr<RowTable> ngram_table = {};  ///< where its rows lie, unless in a parameter
  double init_std = 1;                         ///< of the tables' normal start; 1 is nn::Embedding's
};

/// Token (+ n-gram) + position embedding -> encoder -> Linear. B batch, T time, C = dim, V = vocabulary.
class NextTokenModel final : public LanguageModel {
 public:
  explicit NextTokenModel(const NextTokenModelOptions& options);

  /// ids (..., T) to what the head reads (..., T, C).
  Tensor encode(const Tensor& ids, ModelCache* cache = nullptr) const override;
  ModelCache make_cache() const override;
  int64_t vocabulary_size() const override { return token_.weight().size(0); }
  int64_t max_length() const override { return options_.max_length; }

  /// Grows the vocabulary to n tokens in place: the token table, drawn as at first, and the
  /// head. Optimizers keep what they have of the old ones. The loss takes each new token for
  /// one that has occurred once.
  void grow_vocab(int64_t n, NewRows rows = NewRows::drawn);

  const Embedding& token() const { return token_; }
  /// Null where the model has none.
  const NgramMemory* ngrams() const { return ngrams_.get(); }
  const Positions& position() const { return *position_; }
  const Linear& head() const { return head_; }

 private:
  const ParameterRef& head_weight() const override { return head_.weight(); }
  Tensor head_bias() const override { return head_.bias(); }
  Loss training_loss(const Tensor& x, const Tensor& targets) const override;
  Tensor embed(const Tensor& ids, ModelCache* cache) const;
  std::string extra_repr() const override { return "encoder=" + options_.encoder; }

  NextTokenModelOptions options_;
  HeadLossFunction loss_;
  Embedding token_;
  std::unique_ptr<NgramMemory> ngrams_;
  std::shared_ptr<Positions> position_;
  std::unique_ptr<Encoder> encoder_;
  Linear head_;
  LEXIGRAD_FORWARD(NextTokenModel)
  // The encoder without a name: paths are "blocks.0.norm1", not "encoder.blocks.0.norm1".
  detail::Members members_of_LEXIGRAD_MODULE() override {
    return detail::Members(*this, "NextTokenModel", "token, ngrams, position, , head")
        .add(token_, ngrams_, position_, encoder_, head_);
  }
};

}  // namespace lexigrad::nn
