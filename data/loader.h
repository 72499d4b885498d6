// Batches of windows, assembled ahead on a thread.
//   for (auto [inputs, targets] : loader) ...
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>

#include "lexigrad/data/datasets/next_token.h"

namespace lexigrad::data {

struct DataLoaderOptions {
  int64_t batch_size = 8;
  bool shuffle = false;
  bool drop_last = false;  ///< leave out a last batch that is not full
  int64_t seed = -1;       ///< of the shuffles; -1: the seed that manual_seed set (without drawing from it)
};

/// Each begin() is an epoch; epoch e's order is a function of (seed, e) alone, so (epoch, batch) is all there
/// is to save.
class DataLoader {
 public:
  DataLoader(NextTokenDataset dataset, const DataLoaderOptions& options = {});

  class Iterator;
  struct End {};
  /// Starts the next epoch, or the one that seek() named.
  Iterator begin();
  End end() const { return {}; }

  /// Batches of a whole epoch.
  int64_t size() const;
  const NextTokenDataset& dataset() const { return dataset_; }
  /// The next begin() yields batch `batch` of epoch `epoch` first.
  void seek(int64_t epoch, int64_t batch);

 private:
  NextTokenDataset dataset_;
  DataLoaderOptions options_;
  int64_t epoch_ = 0, batch_ = 0;
};

/// Moves only. What the thread threw is thrown by * and ++.
class DataLoader::Iterator {
 public:
  Iterator(Iterator&&) noexcept;
  ~Iterator();
  const NextTokenBatch& operator*() const;
  Iterator& operator++();
  bool operator==(End) const;

 private:
  friend class DataLoader;
  struct Prefetch;
  explicit Iterator(std::unique_ptr<Prefetch> prefetch);
  std::unique_ptr<Prefetch> prefetch_;
};

}  // namespace lexigrad::data
