#include "lexigrad/data/sampler.h"

#include <algorithm>
#include <numeric>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/counter_rng.h"
#include "lexigrad/autograd/tensor/random.h"

namespace lexigrad::data {
namespace {
constexpr uint64_t kListStream = 1, kPermutationStream = 3;  // of CounterRng
}  // namespace

BatchSampler::BatchSampler(int64_t count, const DataLoaderOptions& options, const char* samples)
    : count_(count), options_(options) {
  check(options.batch_size >= 1, "loader", "batch_size is ", options.batch_size, "; it must be >= 1");
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
  check(epoch >= 0 && batch >= 0 && batch <= size(), "loader", "There is no batch ", batch, " in epoch ",
        epoch, " (an epoch has ", size(), ")");
}

BatchSampler::Epoch BatchSampler::epoch(int64_t number) const {
  Epoch out;
  out.count_ = count_;
  out.batch_size_ = options_.batch_size;
  if (!options_.shuffle) return out;
  auto seed = static_cast<uint64_t>(options_.seed), epoch = static_cast<uint64_t>(number);
  if (order_ == ShuffleOrder::permutation) {
    out.permutation_.emplace(count_, seed, kPermutationStream, epoch);
    return out;
  }
  out.list_.resize(static_cast<size_t>(count_));
  std::iota(out.list_.begin(), out.list_.end(), 0);
  CounterRng(seed, kListStream).shuffle(out.list_, epoch);
  return out;
}

std::vector<int64_t> BatchSampler::Epoch::operator[](int64_t batch) const {
  int64_t begin = batch * batch_size_, end = std::min(begin + batch_size_, count_);
  std::vector<int64_t> ids;
  for (int64_t place = begin; place < end; ++place)
    ids.push_back(permutation_    ? (*permutation_)[place]
                  : list_.empty() ? place
                                  : list_[static_cast<size_t>(place)]);
  return ids;
}

}  // namespace lexigrad::data
