// The model that training a table of token embeddings needs, up to a small transformer.
#pragma once
#include <memory>
#include <string>

#include "lexigrad/nn/layers/embedding.h"
#include "lexigrad/nn/layers/linear.h"
#include "lexigrad/nn/layers/transformer_stack.h"
#include "lexigrad/nn/models/language_model.h"
#include "lexigrad/nn/positions/positions.h"

namespace lexigrad::nn {

/// What mixes positions. All are causal: output t sees ids 0..t only.
enum class Encoder {
  none,       ///< each position sees its own token
  mean,       ///< the mean over positions 0..t
  attention,  ///< transformer blocks and a norm
};

struct NextTokenModelOptions {
  int64_t vocabulary = 0;  ///< ids are 0..vocabulary-1
  int64_t dim = 0;
  int64_t max_length = 0;  ///< the longest window
  Encoder encoder = Encoder::none;
  std::string positions = "learned";   ///< a method's name (nn/positions/)
  PositionsOptions position = {};      ///< its options; max_length, dim and heads are the model's
  int64_t layers = 1, heads = 4;       ///< of the attention encoder
  TransformerBlockOptions block = {};  ///< of its blocks
  bool bias = true;                    ///< of the head
  bool tied = false;                   ///< the head's weight is the token table
  double init_std = 1;  ///< of the token and position tables' normal start; 1 is nn::Embedding's
};

/// Token + position embedding -> encoder -> Linear. B batch, T time, C = dim, V = vocabulary.
class NextTokenModel final : public LanguageModel {
 public:
  explicit NextTokenModel(const NextTokenModelOptions& options);

  /// ids (..., T) to what the head reads (..., T, C).
  Tensor encode(const Tensor& ids, ModelCache* cache = nullptr) const override;
  ModelCache make_cache() const override;
  int64_t vocabulary_size() const override { return token_.weight().size(0); }
  int64_t max_length() const override { return max_length_; }

  /// Grows the vocabulary to n tokens in place: the token table, drawn as at first, and the head. Optimizers
  /// keep what they have of the old ones.
  void grow_vocab(int64_t n, NewRows rows = NewRows::drawn) {
    token_.grow_vocab(n, {.rows = rows, .std = init_std_});
    head_.grow_out_features(n, {.rows = rows});
  }

  const Embedding& token() const { return token_; }
  const Positions& position() const { return *position_; }
  const Linear& head() const { return head_; }

 private:
  const ParameterRef& head_weight() const override { return head_.weight(); }
  Tensor head_bias() const override { return head_.bias(); }
  std::string extra_repr() const override;

  int64_t max_length_;
  double init_std_;
  Encoder encoder_;
  Embedding token_;
  std::shared_ptr<Positions> position_;
  std::unique_ptr<TransformerStack> blocks_;  ///< of the attention encoder, as the norm
  std::unique_ptr<Layer> norm_;
  Linear head_;
  LEXIGRAD_MODULE(NextTokenModel, token_, position_, blocks_, norm_, head_)
};

}  // namespace lexigrad::nn
