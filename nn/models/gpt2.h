// GPT-2 (Radford et al. 2019).
#pragma once
#include <memory>
#include <string>

#include "lexigrad/nn/layers/embedding.h"
#include "lexigrad/nn/layers/layer_norm.h"
#include "lexigrad/nn/layers/transformer_stack.h"
#include "lexigrad/nn/models/language_model.h"
#include "lexigrad/nn/positions/positions.h"

namespace lexigrad::nn {

struct Gpt2Options {
  int64_t vocabulary = 50257;
  int64_t max_length = 1024;
  int64_t dim = 768;
  int64_t layers = 12;
  int64_t heads = 12;
  double dropout = 0.1;
  std::string positions = "learned";  ///< a method's name (nn/positions/)
  PositionsOptions position = {};     ///< its options; max_length, dim and heads are the model's
  bool recompute = false;             ///< of the blocks, as in TransformerBlockOptions

  /// "124M", "355M", "774M" or "1.5B": the published sizes.
  static Gpt2Options of_size(const std::string& size);
};

/// Token + position -> blocks with the norm before each part -> norm -> logits by the token
/// table. Weights start from N(0, 0.02^2), those that write to the residual stream from N(0,
/// 0.02^2 / (2 layers)).
class Gpt2 final : public LanguageModel {
 public:
  explicit Gpt2(const Gpt2Options& options);

  Tensor encode(const Tensor& ids, ModelCache* cache = nullptr) const override;
  ModelCache make_cache() const override;
  int64_t vocabulary_size() const override { return options_.vocabulary; }
  int64_t max_length() const override { return options_.max_length; }

  /// Grows the vocabulary to n tokens in place: the token table, which is the head, too.
  /// Optimizers keep what they have of the old ones.
  void grow_vocab(int64_t n, NewRows rows = NewRows::drawn) {
    token_.grow_vocab(n, {.rows = rows, .std = 0.02});
    options_.vocabulary = n;
  }

  const Gpt2Options& options() const { return options_; }
  const Embedding& token() const { return token_; }

 private:
  const ParameterRef& head_weight() const override { return token_.weight(); }
  std::string extra_repr() const override;

  Gpt2Options options_;
  Embedding token_;
  std::shared_ptr<Positions> position_;
  Dropout dropout_;
  TransformerStack blocks_;
  LayerNorm norm_;
  LEXIGRAD_MODULE(Gpt2, token_, position_, dropout_, blocks_, norm_)
};

}  // namespace lexigrad::nn
