// Pairs that occur together with how often they do: what GloVe learns from.
#pragma once
#include <cstdint>
#include <memory>
#include <span>

#include "lexigrad/autograd/tensor/tensor.h"
#include "lexigrad/data/corpora/cooccurrence.h"

namespace lexigrad::data {

/// rows and columns int64 (B), counts floating (B): rows[b] and columns[b] occur counts[b] times together.
struct CountedPairBatch {
  Tensor rows, columns, counts;
};

/// The pairs of Cooccurrences, numbered as they are there; a copy shares them.
class CountedPairDataset {
 public:
  static constexpr const char* kSamples = "pairs";

  /// `dtype` is the counts' in a batch, that of the tables that learn from them. Throws std::invalid_argument where
  /// there is no pair.
  explicit CountedPairDataset(Cooccurrences counts, Dtype dtype = float32);

  int64_t size() const { return counts_->pairs(); }
  const Cooccurrences& counts() const { return *counts_; }
  /// Throws std::invalid_argument for a number outside 0..size()-1.
  CountedPairBatch gather(std::span<const int64_t> pairs) const;

 private:
  std::shared_ptr<const Cooccurrences> counts_;
  Dtype dtype_;
};

}  // namespace lexigrad::data
