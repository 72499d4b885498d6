// Batches of a dataset, shuffled and assembled ahead on a thread.
//   for (auto [inputs, targets] : loader) ...
#pragma once
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/data/prefetch.h"
#include "lexigrad/data/sampler.h"

namespace lexigrad::data {

/// What a loader reads: size() samples, and gather(ids), which makes a batch of any type of those with the
/// given numbers, in that order. gather() runs on the loader's thread. One that has mixed_parts(), as MixedDataset,
/// is drawn from by their weights.
template <class D>
concept Dataset = requires(const D& dataset, std::span<const int64_t> ids) {
  { dataset.size() } -> std::convertible_to<int64_t>;
  dataset.gather(ids);
};

/// What a dataset's gather() makes.
template <Dataset D>
using BatchOf = std::decay_t<decltype(std::declval<const D&>().gather(std::span<const int64_t>()))>;

/// Refuses what is no Dataset.
template <class D>
class DataLoader {
 public:
  static_assert(sizeof(D) == 0,
                "A DataLoader reads a dataset: data::TensorDataset(x, y) where x and y are tensors");
  DataLoader(D, const DataLoaderOptions& = {}) {}
};

/// Each begin() is an epoch; epoch e's order is a function of (seed, e) alone, so (epoch, batch) is all there
/// is to save.
template <Dataset D>
class DataLoader<D> {
 public:
  using Batch = BatchOf<D>;

  DataLoader(D dataset, const DataLoaderOptions& options = {})
      : dataset_(std::make_shared<const D>(std::move(dataset))),
        sampler_(dataset_->size(), options, samples_name(), mixed_parts(*dataset_)) {}

  class Iterator;
  struct End {};
  /// Starts the next epoch, or the one that seek() named.
  Iterator begin() {
    Iterator out(*this, epoch_++, std::exchange(batch_, 0));
    return out;
  }
  End end() const { return {}; }

  /// Batches of a whole epoch.
  int64_t size() const { return sampler_.size(); }
  const D& dataset() const { return *dataset_; }
  /// Which samples make up each batch.
  const BatchSampler& sampler() const { return sampler_; }
  /// The next begin() yields batch `batch` of epoch `epoch` first.
  void seek(int64_t epoch, int64_t batch) {
    sampler_.check_position(epoch, batch);
    epoch_ = epoch, batch_ = batch;
  }
  ShuffleOrder order() const { return sampler_.order(); }
  /// For the epochs that begin() starts from now on.
  void set_order(ShuffleOrder order) { sampler_.set_order(order); }

  /// Moves only. What the thread threw is thrown by * and ++.
  class Iterator {
   public:
    const Batch& operator*() const {
      check(current_ != nullptr, "loader", "The epoch is over: there is no batch here");
      return *current_;
    }
    Iterator& operator++() {
      current_.reset();
      current_ = std::static_pointer_cast<const Batch>(prefetch_->take());
      return *this;
    }
    bool operator==(End) const { return current_ == nullptr; }

   private:
    friend DataLoader;
    Iterator(const DataLoader& loader, int64_t epoch, int64_t batch)
        : prefetch_(std::make_unique<Prefetch>(
              [dataset = loader.dataset_, sampler = loader.sampler_, epoch,
               order = std::optional<BatchSampler::Epoch>()](int64_t number) mutable {
                if (!order) order.emplace(sampler.epoch(epoch));
                return std::make_shared<const Batch>(dataset->gather((*order)[number]));
              },
              batch, loader.size())) {
      ++*this;
    }

    std::unique_ptr<Prefetch> prefetch_;
    std::shared_ptr<const Batch> current_;
  };

 private:
  static constexpr const char* samples_name() {
    if constexpr (requires { D::kSamples; }) return D::kSamples;
    return "samples";
  }
  static std::shared_ptr<const MixedParts> mixed_parts(const D& dataset) {
    if constexpr (requires { dataset.mixed_parts(); }) return dataset.mixed_parts();
    return nullptr;
  }

  std::shared_ptr<const D> dataset_;
  BatchSampler sampler_;
  int64_t epoch_ = 0, batch_ = 0;
};

}  // namespace lexigrad::data
