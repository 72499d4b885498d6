// The model that training a table of token embeddings needs, and no more.
#pragma once
#include <string>

#include "lexigrad/nn/layers/embedding.h"
#include "lexigrad/nn/layers/linear.h"
#include "lexigrad/nn/losses/loss.h"
#include "lexigrad/nn/module.h"
#include "lexigrad/nn/positions/learned.h"

namespace lexigrad::nn {

/// What mixes positions. Both are causal: output t sees ids 0..t only.
enum class Encoder {
  none,  // each position sees its own token
  mean,  // the mean over positions 0..t
};

struct NextTokenModelOptions {
  int64_t vocabulary = 0;  // ids are 0..vocabulary-1
  int64_t dim = 0;
  int64_t max_length = 0;  // the longest window
  Encoder encoder = Encoder::none;
  bool bias = true;     // of the head
  double init_std = 1;  // of the token and position tables' normal start; 1 is nn::Embedding's
};

/// Token + position embedding -> encoder -> Linear. B batch, T time, C = dim, V = vocabulary.
class NextTokenModel final : public Module {
 public:
  explicit NextTokenModel(const NextTokenModelOptions& options);

  /// ids (..., T) to logits (..., T, V) of the token after each.
  Tensor operator()(const Tensor& ids) const {
    return call(ids, [this](const Tensor& ids) { return head_(encode(ids)); });
  }
  /// ids (..., T) to what the head reads (..., T, C).
  Tensor encode(const Tensor& ids) const;
  /// Of targets (..., T), which the loader has shifted; never holds the logits.
  Loss loss(const Tensor& ids, const Tensor& targets) const;

  const Embedding& token() const { return token_; }
  const LearnedPositions& position() const { return position_; }
  const Linear& head() const { return head_; }

 private:
  std::string extra_repr() const override;

  Embedding token_;
  LearnedPositions position_;
  Encoder encoder_;
  Linear head_;
  LEXIGRAD_MODULE(NextTokenModel, token_, position_, head_)
};

}  // namespace lexigrad::nn
