// Which samples make up each batch of an epoch.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "lexigrad/data/permutation.h"

namespace lexigrad::data {

struct DataLoaderOptions {
  int64_t batch_size = 8;
  bool shuffle = false;
  bool drop_last = false;  ///< leave out a last batch that is not full
  int64_t seed = -1;       ///< of the shuffles; -1: the seed that manual_seed set (without drawing from it)
};

/// How a shuffled epoch is ordered.
enum class ShuffleOrder {
  permutation,  ///< computed place by place: no memory (Permutation)
  fisher_yates  ///< a list of all samples, 8 bytes each: for runs begun before there was the other
};

/// Batch b of epoch e is a function of (seed, e, b) alone: no state, any batch at once.
class BatchSampler {
 public:
  /// `samples` is what errors call the `count` samples: "windows".
  BatchSampler(int64_t count, const DataLoaderOptions& options, const char* samples = "samples");

  /// Batches of an epoch.
  int64_t size() const;
  const DataLoaderOptions& options() const { return options_; }
  ShuffleOrder order() const { return order_; }
  void set_order(ShuffleOrder order) { order_ = order; }
  /// Throws unless 0 <= batch <= size() and epoch >= 0.
  void check_position(int64_t epoch, int64_t batch) const;

  /// The batches of one epoch.
  class Epoch {
   public:
    /// The samples of a batch.
    std::vector<int64_t> operator[](int64_t batch) const;

   private:
    friend class BatchSampler;
    int64_t count_, batch_size_;
    std::optional<Permutation> permutation_;
    std::vector<int64_t> list_;
  };
  Epoch epoch(int64_t number) const;

 private:
  int64_t count_;
  DataLoaderOptions options_;
  ShuffleOrder order_ = ShuffleOrder::permutation;
};

}  // namespace lexigrad::data
