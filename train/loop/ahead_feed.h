// A feed that says which rows of a table its batches will need, while the batch before them is computed.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "lexigrad/train/loop/feed.h"
#include "lexigrad/train/tables/paged_table.h"

namespace lexigrad::train {

/// Loader and table must outlive it. The rows of a first batch are waited for before it starts; from then on a
/// batch's rows are fetched one batch ahead, across the ends of epochs.
template <class Loss, data::Dataset D>
class AheadFeed final : public Feed {
 public:
  using Batch = data::BatchOf<D>;
  using RowsOf = std::function<std::vector<int64_t>(const Batch&)>;

  AheadFeed(Loss loss, data::DataLoader<D>& loader, PagedTable& table, RowsOf rows_of)
      : loss_(std::move(loss)), loader_(loader), table_(table), rows_of_(std::move(rows_of)) {}

  void seek(int64_t epoch, int64_t batch) override {
    bool goes_on = !current_ && next_ && batch == 0 && epoch == epoch_;
    if (!goes_on) start(epoch, batch);
    if (goes_on || !next_begins_epoch_) enter_next();
  }
  bool done() const override { return !current_; }
  void advance() override {
    current_.reset();
    if (!next_begins_epoch_) enter_next();
  }
  nn::Loss loss() const override { return detail::loss_of_batch(loss_, *current_); }
  std::vector<Tensor> moved_elsewhere() const override { return table_.summed(); }

 private:
  void start(int64_t epoch, int64_t batch) {
    table_.forget();
    current_.reset();
    open(epoch, batch);
    look_behind_epoch();
    announce();
    table_.wait();
  }
  void open(int64_t epoch, int64_t batch) {
    at_.reset();
    loader_.seek(epoch, batch);
    at_.emplace(loader_.begin());
    epoch_ = epoch;
  }
  void enter_next() {
    current_ = std::move(next_);
    ++*at_;
    look_behind_epoch();
    announce();
  }
  void look_behind_epoch() {
    next_begins_epoch_ = *at_ == loader_.end();
    if (next_begins_epoch_) open(epoch_ + 1, 0);
  }
  void announce() {
    next_ = **at_;
    table_.prefetch(rows_of_(*next_));
  }

  Loss loss_;
  data::DataLoader<D>& loader_;
  PagedTable& table_;
  RowsOf rows_of_;
  std::optional<typename data::DataLoader<D>::Iterator> at_;  ///< at the next batch
  std::optional<Batch> current_, next_;
  int64_t epoch_ = 0;  ///< of the next batch
  bool next_begins_epoch_ = false;
};

}  // namespace lexigrad::train
