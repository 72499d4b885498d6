#include "lexigrad/autograd/tensor/copies.h"

#include <atomic>

namespace lexigrad {

static std::atomic<int64_t> copies{0}, copied_bytes{0};

CopyCounts copy_counts() {
  return {copies.load(std::memory_order_relaxed), copied_bytes.load(std::memory_order_relaxed)};
}

void detail::count_copy(int64_t bytes) {
  copies.fetch_add(1, std::memory_order_relaxed);
  copied_bytes.fetch_add(bytes, std::memory_order_relaxed);
}

}  // namespace lexigrad
