// What every model of the next token offers, for training and for generation.
#pragma once
#include <cstdint>
#include <vector>

#include "lexigrad/nn/layers/attention.h"
#include "lexigrad/nn/losses/loss.h"
#include "lexigrad/nn/module.h"

namespace lexigrad::nn {

/// What a model remembers of the tokens that it has read: one cache for each
/// layer of attention.
struct ModelCache {
  ModelCache(int64_t layers, int64_t max_length)
      : layers(static_cast<size_t>(layers), KeyValueCache(max_length)) {}

  int64_t length = 0;  ///< tokens read
  std::vector<KeyValueCache> layers;
  Tensor ids;  ///< the last ones read (B, n), where the model looks up n-grams
  Tensor sum;  ///< of the vectors read (B, 1, C), where the model takes their mean
};

/// B batch, T time, C width, V vocabulary.
class LanguageModel : public Module {
 public:
  /// ids (..., T) to logits (..., T, V) of the token after each.
  Tensor forward(const Tensor& ids) const { return logits(encode(ids)); }
  /// The loss on targets (..., T), which the loader has shifted, without holding the logits: by
  /// default and in eval mode always the cross entropy over all of V.
  Loss loss(const Tensor& ids, const Tensor& targets) const;
  /// Logits (B, V) of the token after ids (B, T), which follow those in the cache.
  /// Off the tape.
  Tensor next(const Tensor& ids, ModelCache& cache) const;

  /// ids (..., T) to what the head reads (..., T, C). With a cache, the ids follow those in it.
  virtual Tensor encode(const Tensor& ids, ModelCache* cache = nullptr) const = 0;
  virtual ModelCache make_cache() const = 0;
  virtual int64_t vocabulary_size() const = 0;
  /// The longest input.
  virtual int64_t max_length() const = 0;

 protected:
  /// The head's weight (V, C) and its bias, undefined where there is none.
  virtual const ParameterRef& head_weight() const = 0;
  virtual Tensor head_bias() const { return {}; }
  /// The loss that training takes, of what encode() returns.
  virtual Loss training_loss(const Tensor& x, const Tensor& targets) const;

 private:
  Tensor logits(const Tensor& x) const { return linear(x, head_weight(), head_bias()); }
  LEXIGRAD_FORWARD(LanguageModel)
};

}  // namespace lexigrad::nn
