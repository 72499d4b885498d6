// Parts of a dataset.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "lexigrad/data/loader.h"
#include "lexigrad/data/permutation.h"

namespace lexigrad::data {

/// The samples at places begin..end-1 of a shuffled dataset; it holds no list of them.
template <Dataset D>
class Subset {
 public:
  Subset(std::shared_ptr<const D> dataset, const Permutation& order, int64_t begin, int64_t end)
      : dataset_(std::move(dataset)), order_(order), begin_(begin), end_(end) {}

  int64_t size() const { return end_ - begin_; }
  BatchOf<D> gather(std::span<const int64_t> samples) const {
    std::vector<int64_t> ids;
    for (int64_t sample : samples) {
      check(sample >= 0 && sample < size(), "dataset", "Sample ", sample, " is outside the ", size(),
            " samples");
      ids.push_back(order_[begin_ + sample]);
    }
    return dataset_->gather(ids);
  }

 private:
  std::shared_ptr<const D> dataset_;
  Permutation order_;
  int64_t begin_, end_;
};

namespace detail {
/// Where the parts of `size` samples begin and end, and their order.
std::vector<int64_t> split_places(int64_t size, const std::vector<double>& shares);
Permutation split_order(int64_t size, int64_t seed);
}  // namespace detail

/// Cuts a dataset at random into parts with these shares, which add up to 1: {0.9, 0.1}. Every sample is in
/// one part. `seed` -1 is the seed that manual_seed set, without drawing from it. Throws
/// std::invalid_argument where the shares do not add up or a part would be empty.
template <Dataset D>
std::vector<Subset<D>> random_split(D dataset, const std::vector<double>& shares, int64_t seed = -1) {
  auto shared = std::make_shared<const D>(std::move(dataset));
  std::vector<int64_t> places = detail::split_places(shared->size(), shares);
  Permutation order = detail::split_order(shared->size(), seed);
  std::vector<Subset<D>> parts;
  for (size_t i = 0; i < shares.size(); ++i) parts.emplace_back(shared, order, places[i], places[i + 1]);
  return parts;
}

}  // namespace lexigrad::data
