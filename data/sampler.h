// Which samples make up each batch of an epoch.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "lexigrad/data/mix.h"

namespace lexigrad::data {

struct DataLoaderOptions {
  int64_t batch_size = 8;
  bool shuffle = false;
  bool drop_last = false;  ///< leave out a last batch that is not full
  int64_t seed = -1;       ///< of the shuffles; -1: the seed that manual_seed set (without drawing from it)
  int64_t shuffle_block = 0;  ///< samples of a block, for a shuffle whose reads stay together; 0: none
};

/// How a shuffled epoch is ordered.
enum class ShuffleOrder {
  permutation,  ///< computed place by place: no memory (BlockPermutation)
  fisher_yates  ///< a list of all samples, 8 bytes each: for runs begun before there was the other
};

/// Batch b of epoch e is a function of (seed, e, b) alone: no state, any batch at once. Of parts that are mixed an epoch
/// is as many draws as they have samples; each part has an order for each time that it is gone through.
class BatchSampler {
 public:
  /// `samples` is what errors call the `count` samples: "windows". Where `mixed` is not null they are those of its parts.
  BatchSampler(int64_t count, const DataLoaderOptions& options, const char* samples = "samples",
               std::shared_ptr<const MixedParts> mixed = nullptr);

  /// Batches of an epoch.
  int64_t size() const;
  const DataLoaderOptions& options() const { return options_; }
  ShuffleOrder order() const { return order_; }
  void set_order(ShuffleOrder order) { order_ = order; }
  /// Throws unless 0 <= batch <= size() and epoch >= 0.
  void check_position(int64_t epoch, int64_t batch) const;
  /// The parts that are mixed; null where there are none.
  const MixedParts* mixed() const { return mixed_.get(); }
  /// How often each part was gone through before batch `batch` of epoch `epoch`; a dataset that is not mixed is one part.
  std::vector<double> passes(int64_t epoch, int64_t batch) const;

  /// The batches of one epoch.
  class Epoch {
   public:
    /// The samples of a batch.
    std::vector<int64_t> operator[](int64_t batch) const;

   private:
    friend class BatchSampler;
    int64_t count_, batch_size_;
    std::function<int64_t(int64_t)> sample_at_;
  };
  Epoch epoch(int64_t number) const;

 private:
  std::function<int64_t(int64_t)> order_of(uint64_t epoch) const;
  std::function<int64_t(int64_t)> mixed_order(int64_t epoch) const;
  uint64_t seed() const { return static_cast<uint64_t>(options_.seed); }

  int64_t count_;
  DataLoaderOptions options_;
  ShuffleOrder order_ = ShuffleOrder::permutation;
  std::shared_ptr<const MixedParts> mixed_;
};

}  // namespace lexigrad::data
