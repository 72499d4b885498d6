#include "lexigrad/data/datasets/counted_pairs.h"

#include <algorithm>
#include <utility>

#include "lexigrad/autograd/base/check.h"

namespace lexigrad::data {

CountedPairDataset::CountedPairDataset(Cooccurrences counts, Dtype dtype)
    : counts_(std::make_shared<const Cooccurrences>(std::move(counts))), dtype_(dtype) {
  check(size() > 0, "dataset", "No pair of tokens occurs. Hint: give a longer text");
  check(is_floating(dtype), "dataset", "Counts cannot be ", name(dtype), ". Hint: the tables' dtype");
}

CountedPairBatch CountedPairDataset::gather(std::span<const int64_t> pairs) const {
  const Shape shape{static_cast<int64_t>(pairs.size())};
  Tensor counts = empty(shape, float64);
  CountedPairBatch batch{empty(shape, int64), empty(shape, int64), {}};
  int64_t *row = batch.rows.data<int64_t>(), *column = batch.columns.data<int64_t>();
  double* count = counts.data<double>();
  const std::vector<int64_t>& starts = counts_->starts;
  for (int64_t pair : pairs) {
    check(pair >= 0 && pair < size(), "dataset", "Pair ", pair, " is outside the ", size(), " pairs");
    *row++ = std::upper_bound(starts.begin(), starts.end(), pair) - starts.begin() - 1;
    *column++ = counts_->columns[static_cast<size_t>(pair)];
    *count++ = counts_->counts[static_cast<size_t>(pair)];
  }
  batch.counts = counts.to(dtype_);
  return batch;
}

}  // namespace lexigrad::data
