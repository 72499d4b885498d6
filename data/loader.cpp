#include "lexigrad/data/loader.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <numeric>
#include <optional>
#include <thread>
#include <vector>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/counter_rng.h"
#include "lexigrad/autograd/tensor/random.h"

namespace lexigrad::data {
namespace {
constexpr uint64_t kShuffleStream = 1;  // of CounterRng
constexpr size_t kAhead = 2;            // batches that wait at most
}  // namespace

DataLoader::DataLoader(NextTokenDataset dataset, const DataLoaderOptions& options)
    : dataset_(std::move(dataset)), options_(options) {
  check(options.batch_size >= 1, "loader", "batch_size is ", options.batch_size, "; it must be >= 1");
  check(size() > 0, "loader", "The ", dataset_.size(), " windows do not fill one batch of ",
        options.batch_size, ". Hint: use a smaller batch, or drop_last = false");
  if (options_.seed < 0)
    options_.seed = static_cast<int64_t>(default_generator().seed() & 0x7fffffffffffffff);
}

int64_t DataLoader::size() const {
  int64_t extra = options_.drop_last ? 0 : options_.batch_size - 1;
  return (dataset_.size() + extra) / options_.batch_size;
}

void DataLoader::seek(int64_t epoch, int64_t batch) {
  check(epoch >= 0 && batch >= 0 && batch <= size(), "loader", "There is no batch ", batch, " in epoch ",
        epoch, " (an epoch has ", size(), ")");
  epoch_ = epoch;
  batch_ = batch;
}

// One epoch's batches from `first` on, made by a thread of its own.
struct DataLoader::Iterator::Prefetch {
  NextTokenDataset dataset;
  DataLoaderOptions options;
  int64_t epoch, first, count;  // batches first..count-1

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<NextTokenBatch> ready;
  std::exception_ptr error;
  bool finished = false, stopped = false;
  std::optional<NextTokenBatch> current;
  std::thread worker;

  Prefetch(const NextTokenDataset& data, const DataLoaderOptions& loader, int64_t e, int64_t f, int64_t c)
      : dataset(data), options(loader), epoch(e), first(f), count(c), worker([this] { run(); }) {}
  ~Prefetch() {
    {
      std::lock_guard lock(mutex);
      stopped = true;
    }
    changed.notify_all();
    worker.join();
  }

  void run() {
    try {
      std::vector<int64_t> order(static_cast<size_t>(dataset.size()));
      std::iota(order.begin(), order.end(), 0);
      if (options.shuffle)
        CounterRng(static_cast<uint64_t>(options.seed), kShuffleStream)
            .shuffle(order, static_cast<uint64_t>(epoch));
      for (int64_t batch = first; batch < count; ++batch) {
        size_t begin = static_cast<size_t>(batch * options.batch_size);
        size_t end = std::min(begin + static_cast<size_t>(options.batch_size), order.size());
        if (!hand_over(dataset.gather(std::span(order).subspan(begin, end - begin)))) return;
      }
    } catch (...) {
      std::lock_guard lock(mutex);
      error = std::current_exception();
    }
    std::lock_guard lock(mutex);
    finished = true;
    changed.notify_all();
  }

  bool hand_over(NextTokenBatch batch) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return stopped || ready.size() < kAhead; });
    if (stopped) return false;
    ready.push_back(std::move(batch));
    changed.notify_all();
    return true;
  }

  void take() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return finished || !ready.empty(); });
    current.reset();
    if (!ready.empty()) {
      current = std::move(ready.front());
      ready.pop_front();
      changed.notify_all();
    } else if (error) {
      std::rethrow_exception(error);
    }
  }
};

DataLoader::Iterator DataLoader::begin() {
  auto prefetch = std::make_unique<Iterator::Prefetch>(dataset_, options_, epoch_, batch_, size());
  ++epoch_;
  batch_ = 0;
  return Iterator(std::move(prefetch));
}

DataLoader::Iterator::Iterator(std::unique_ptr<Prefetch> prefetch) : prefetch_(std::move(prefetch)) {
  prefetch_->take();
}
DataLoader::Iterator::Iterator(Iterator&&) noexcept = default;
DataLoader::Iterator::~Iterator() = default;

const NextTokenBatch& DataLoader::Iterator::operator*() const {
  check(prefetch_->current.has_value(), "loader", "The epoch is over: there is no batch here");
  return *prefetch_->current;
}

DataLoader::Iterator& DataLoader::Iterator::operator++() {
  prefetch_->take();
  return *this;
}

bool DataLoader::Iterator::operator==(End) const { return !prefetch_->current.has_value(); }

}  // namespace lexigrad::data
