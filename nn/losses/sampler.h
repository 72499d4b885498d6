// Classes drawn at random, for losses that look at some of a large vocabulary.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "lexigrad/autograd/tensor/tensor.h"

namespace lexigrad::nn {

/// A distribution over the classes 0..n-1, drawn from with replacement by an alias table (Vose
/// 1991): the same time whatever n is. Copies share the table.
class Sampler {
 public:
  /// Each class alike.
  static Sampler uniform(int64_t classes);
  /// P(k) = log((k + 2) / (k + 1)) / log(n + 1): for classes in order of frequency,
  /// nearly Zipf's law.
  static Sampler log_uniform(int64_t classes);
  /// P(k) in proportion to counts[k]^power (Mikolov et al. 2013 take 0.75).
  static Sampler unigram(const std::vector<int64_t>& counts, double power = 0.75);

  int64_t classes() const;
  /// Independent ids by next_draw() (autograd/tensor/draws.h).
  Tensor draw(const Shape& shape) const;
  /// log P of each id (int64, any shape); -inf where the id is never drawn.
  Tensor log_probability(const Tensor& ids, Dtype dtype = float32) const;

 private:
  struct Table;
  static Sampler from_weights(const std::vector<double>& weights);
  std::shared_ptr<const Table> table_;
};

}  // namespace lexigrad::nn
