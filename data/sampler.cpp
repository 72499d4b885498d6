#include "lexigrad/data/sampler.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/counter_rng.h"
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/data/block_permutation.h"

namespace lexigrad::data {
namespace {
// Streams of CounterRng; that of a part of a mix has the part's number above.
constexpr uint64_t kListStream = 1, kPermutationStream = 3, kMixStream = 5;

uint64_t stream_of(int64_t part) { return kMixStream | static_cast<uint64_t>(part) << 8; }
}  // namespace

BatchSampler::BatchSampler(int64_t count, const DataLoaderOptions& options, const char* samples,
                           std::shared_ptr<const MixedParts> mixed)
    : count_(count), options_(options), mixed_(std::move(mixed)) {
  check(options.batch_size >= 1, "loader", "batch_size is ", options.batch_size, "; it must be >= 1");
  check(options.shuffle_block >= 0, "loader", "shuffle_block is ", options.shuffle_block,
        "; it must be >= 0");
  check(options.shuffle || options.shuffle_block == 0, "loader",
        "shuffle_block is for a shuffle. Hint: shuffle = true");
  check(size() > 0, "loader", "The ", count, " ", samples, " do not fill one batch of ", options.batch_size,
        ". Hint: use a smaller batch, or drop_last = false");
  if (options_.seed < 0)
    options_.seed = static_cast<int64_t>(default_generator().seed() & 0x7fffffffffffffff);
}

int64_t BatchSampler::size() const {
  int64_t extra = options_.drop_last ? 0 : options_.batch_size - 1;
  return (count_ + extra) / options_.batch_size;
}

void BatchSampler::check_position(int64_t epoch, int64_t batch) const {
  const bool reached = epoch >= 0 && epoch < INT64_MAX / count_;
  check(reached && batch >= 0 && batch <= size(), "loader", "There is no batch ", batch, " in epoch ", epoch,
        " (an epoch has ", size(), ")");
}

std::vector<double> BatchSampler::passes(int64_t epoch, int64_t batch) const {
  const int64_t taken = epoch * count_ + std::min(batch * options_.batch_size, count_);
  if (!mixed_) return {static_cast<double>(taken) / static_cast<double>(count_)};
  std::vector<double> out;
  for (int64_t drawn : mixed_->mix.counts(taken))
    out.push_back(static_cast<double>(drawn) / static_cast<double>(mixed_->sizes[out.size()]));
  return out;
}

std::function<int64_t(int64_t)> BatchSampler::order_of(uint64_t epoch) const {
  if (!options_.shuffle) return [](int64_t place) { return place; };
  if (order_ == ShuffleOrder::permutation)
    return [order = BlockPermutation(count_, options_.shuffle_block, seed(), kPermutationStream, epoch)](
               int64_t place) { return order[place]; };
  std::vector<int64_t> list(static_cast<size_t>(count_));
  std::iota(list.begin(), list.end(), 0);
  CounterRng(seed(), kListStream).shuffle(list, epoch);
  return [list = std::move(list)](int64_t place) { return list[static_cast<size_t>(place)]; };
}

std::function<int64_t(int64_t)> BatchSampler::mixed_order(int64_t epoch) const {
  std::vector<int64_t> begins{0};
  for (int64_t size : mixed_->sizes) begins.push_back(begins.back() + size);
  return [mixed = mixed_, begins = std::move(begins), options = options_, seed = seed(),
          before = epoch * count_](int64_t place) {
    const auto [part, number] = mixed->mix[before + place];
    const int64_t size = mixed->sizes[static_cast<size_t>(part)], pass = number / size, at = number % size;
    const int64_t sample = options.shuffle
                               ? BlockPermutation(size, options.shuffle_block, seed, stream_of(part),
                                                  static_cast<uint64_t>(pass))[at]
                               : at;
    return begins[static_cast<size_t>(part)] + sample;
  };
}

BatchSampler::Epoch BatchSampler::epoch(int64_t number) const {
  Epoch out;
  out.count_ = count_;
  out.batch_size_ = options_.batch_size;
  out.sample_at_ = mixed_ ? mixed_order(number) : order_of(static_cast<uint64_t>(number));
  return out;
}

std::vector<int64_t> BatchSampler::Epoch::operator[](int64_t batch) const {
  int64_t begin = batch * batch_size_, end = std::min(begin + batch_size_, count_);
  std::vector<int64_t> ids;
  for (int64_t place = begin; place < end; ++place) ids.push_back(sample_at_(place));
  return ids;
}

}  // namespace lexigrad::data
