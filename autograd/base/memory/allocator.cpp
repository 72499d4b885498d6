#include "lexigrad/autograd/base/memory/allocator.h"

#include <pthread.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>
#include <string>
#include <vector>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/fork/fork.h"
#include "lexigrad/autograd/base/fork/made_once.h"
#include "lexigrad/autograd/base/memory/address_sanitizer.h"
#include "lexigrad/autograd/base/memory/page_ranges.h"

namespace lexigrad {
namespace {

constexpr size_t kAlignment = 64;
constexpr size_t kSmallLimit = 1024;
constexpr size_t kPage = size_t{64} << 10;  // a multiple of every system's
constexpr size_t kHugePage = size_t{2} << 20;
constexpr size_t kPagedLimit = size_t{256} << 10;     // from here on, whole pages
constexpr size_t kLowestLimit = size_t{1} << 20;      // below, the first range that fits, else the smallest
constexpr size_t kSparseLimit = size_t{4} << 20;      // from here on, zeros are pages never written
constexpr size_t kMapping = size_t{128} << 20;        // asked of the system at once
constexpr size_t kCheckedLimit = size_t{64} << 20;    // from here on, ask the machine first
constexpr size_t kUncachedLimit = size_t{512} << 20;  // larger blocks go straight back
constexpr int64_t kCacheLimit = int64_t{1} << 30;
constexpr size_t kSmallClasses = kSmallLimit / kAlignment;
constexpr int kListLimit = 1024;  // blocks a thread keeps per class before it gives half to the shared list

std::atomic<int64_t> live{0}, peak{0}, cached{0};

void count(int64_t bytes) {
  int64_t now = live.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  int64_t top = peak.load(std::memory_order_relaxed);
  while (now > top && !peak.compare_exchange_weak(top, now, std::memory_order_relaxed)) {}
}

std::string mebibytes(int64_t bytes) { return text(bytes / (1 << 20), " MiB"); }

// ---- small blocks

struct Block {
  Block* next;
};

struct SharedList {
  detail::ForkMutex mutex{true};
  Block* head[kSmallClasses] = {};
};
SharedList& shared() {
  return detail::made_once([] { return SharedList(); });
}

struct ThreadLists {
  Block* head[kSmallClasses] = {};
  int length[kSmallClasses] = {};
  bool noted = false, gone = false;
};
constinit thread_local ThreadLists lists;

void spill(size_t cls, int keep) {
  Block* first = lists.head[cls];
  if (first == nullptr || lists.length[cls] <= keep) return;
  Block* last = first;
  for (int moved = lists.length[cls] - keep; --moved > 0;) last = last->next;
  lists.head[cls] = last->next;
  lists.length[cls] = keep;
  std::lock_guard lock(shared().mutex);
  last->next = shared().head[cls];
  shared().head[cls] = first;
}

void give_back_lists(void*) {
  lists.gone = true;
  for (size_t cls = 0; cls < kSmallClasses; ++cls) spill(cls, 0);
}

// Has the lists given back at the thread's end. A destructor would take memory to be registered, and glibc ends the
// process where there is none.
pthread_once_t key_once = PTHREAD_ONCE_INIT;
pthread_key_t key;
bool key_made = false;
void note_thread() {
  pthread_once(&key_once, [] { key_made = pthread_key_create(&key, give_back_lists) == 0; });
  lists.noted = key_made && pthread_setspecific(key, &lists) == 0;
}

// Fills the thread's list with some blocks of the shared one, or with a fresh slab.
void refill(size_t cls) {
  if (!lists.noted) note_thread();
  size_t size = (cls + 1) * kAlignment;
  {
    std::lock_guard lock(shared().mutex);
    for (int i = 0; i < kListLimit / 4 && shared().head[cls] != nullptr; ++i) {
      Block* block = shared().head[cls];
      shared().head[cls] = block->next;
      block->next = lists.head[cls];
      lists.head[cls] = block;
      ++lists.length[cls];
    }
  }
  if (lists.head[cls] != nullptr) return;
  constexpr size_t slab = 32 << 10;
  char* bytes = static_cast<char*>(std::aligned_alloc(kAlignment, slab));
  if (bytes == nullptr)
    fail_memory("allocate",
                "The machine has no memory left. Hint: end other programs, or use a smaller model or batch");
  for (size_t at = 0; at + size <= slab; at += size) {
    Block* block = reinterpret_cast<Block*>(bytes + at);
    block->next = lists.head[cls];
    lists.head[cls] = block;
    ++lists.length[cls];
  }
}

void* take_small(size_t cls) {
  if (lists.head[cls] == nullptr) [[unlikely]]
    refill(cls);
  Block* block = lists.head[cls];
  lists.head[cls] = block->next;
  --lists.length[cls];
  return block;
}

void give_small(void* memory, size_t cls) {
  Block* block = static_cast<Block*>(memory);
  block->next = lists.head[cls];
  lists.head[cls] = block;
  if (!lists.noted) [[unlikely]]
    note_thread();
  if (++lists.length[cls] > kListLimit || lists.gone) [[unlikely]]
    spill(cls, lists.gone ? 0 : kListLimit / 2);
}

// ---- large blocks: up to paged_limit by classes at 8 steps an octave, from there on by pages

size_t rounded(size_t bytes) {
  size_t step = bytes < kPagedLimit ? std::bit_floor(bytes) / 8 : kPage;
  return (bytes + step - 1) / step * step;
}

size_t large_class(size_t size) {  // of a rounded size
  int octave = std::bit_width(size) - 1;
  return static_cast<size_t>(octave) * 8 + (size >> (octave - 3)) % 8;
}

struct LargeCache {
  detail::ForkMutex mutex{true};
  std::vector<void*> blocks[std::bit_width(kPagedLimit) * 8];
  detail::Pages pages;
};
LargeCache& large() {
  return detail::made_once([] { return LargeCache(); });
}

char* take_pages(size_t size) {
  auto [at, used] = large().pages.take(size, size < kLowestLimit);
  cached.fetch_sub(static_cast<int64_t>(used), std::memory_order_relaxed);
  return at;
}

void* take_cached(size_t size) {
  std::lock_guard lock(large().mutex);
  if (size >= kPagedLimit) return take_pages(size);
  auto& blocks = large().blocks[large_class(size)];
  if (blocks.empty()) return nullptr;
  void* block = blocks.back();
  blocks.pop_back();
  cached.fetch_sub(static_cast<int64_t>(size), std::memory_order_relaxed);
  return block;
}

void give_cached(void* block, size_t size) {
  std::lock_guard lock(large().mutex);
  if (size >= kPagedLimit)
    large().pages.used.give(static_cast<char*>(block), size);
  else
    large().blocks[large_class(size)].push_back(block);
  cached.fetch_add(static_cast<int64_t>(size), std::memory_order_relaxed);
}

// Without memory to note the pages they go back to the system.
void give_fresh(char* begin, size_t size) {
  std::lock_guard lock(large().mutex);
  try {
    large().pages.fresh.give(begin, size);
  } catch (const std::bad_alloc&) { munmap(begin, size); }
}

// Requests share wide mappings, whose pages count once written: neighbours that can join leave few gaps.
void* from_system(size_t size) {
  if (size < kPagedLimit) return std::aligned_alloc(kAlignment, size);
  for (size_t wanted : {std::max(size, kMapping), size}) {
    size_t whole = (wanted + kHugePage - 1) / kHugePage * kHugePage;
    void* block = mmap(nullptr, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED) continue;
    madvise(block, whole, MADV_HUGEPAGE);
    if (whole > size) give_fresh(static_cast<char*>(block) + size, whole - size);
    return block;
  }
  return nullptr;
}

void to_system(void* block, size_t size) noexcept {
  if (size < kPagedLimit)
    std::free(block);
  else
    munmap(block, size);
}

// Zeros are often sparse (moments of rows never seen): many are small pages that cost nothing until written.
void make_zero(void* block, size_t size) {
  if (size < kSparseLimit || madvise(block, size, MADV_DONTNEED) != 0)
    std::memset(block, 0, size);
  else
    madvise(block, size, MADV_NOHUGEPAGE);
}

void* take_large(size_t bytes, bool zeroed) {
  size_t size = rounded(bytes);
  auto fresh = [&] {
    bool refused = !zeroed && bytes >= kCheckedLimit && static_cast<int64_t>(bytes) > available_memory();
    return refused ? nullptr : from_system(size);
  };
  void* block = take_cached(size);
  if (block == nullptr) block = fresh();
  if (block == nullptr) {
    release_cached_memory();
    block = fresh();
  }
  if (block == nullptr)
    fail_memory("allocate",
                text("A tensor of ", mebibytes(static_cast<int64_t>(bytes)),
                     " does not fit: ", mebibytes(available_memory()),
                     " of memory are free. Hint: use fewer rows, a smaller dim or a smaller batch"));
  if (zeroed) make_zero(block, size);
  return block;
}

void give_large(void* block, size_t bytes) {
  size_t size = rounded(bytes);
  if (size > kUncachedLimit ||
      cached.load(std::memory_order_relaxed) + static_cast<int64_t>(size) > kCacheLimit)
    return to_system(block, size);
  try {
    give_cached(block, size);
  } catch (const std::bad_alloc&) { to_system(block, size); }  // no memory to note it: destructors come here
}

void* take(size_t bytes, bool zeroed) {
  bytes = std::max<size_t>(bytes, 1);
  if (LEXIGRAD_ADDRESS_SANITIZER) {  // every block its own malloc: a cache would hide use after free
    size_t size = (bytes + kAlignment - 1) / kAlignment * kAlignment;
    bool refused = bytes >= kCheckedLimit && !zeroed && static_cast<int64_t>(bytes) > available_memory();
    void* block = refused || size < bytes ? nullptr : std::aligned_alloc(kAlignment, size);
    if (block == nullptr)
      fail_memory("allocate",
                  text("A tensor of ", mebibytes(static_cast<int64_t>(bytes)),
                       " does not fit in memory. Hint: use fewer rows, a smaller dim or a smaller batch"));
    if (zeroed) std::memset(block, 0, bytes);
    return block;
  }
  if (bytes > kSmallLimit) return take_large(bytes, zeroed);
  void* block = take_small((bytes - 1) / kAlignment);
  if (zeroed) std::memset(block, 0, bytes);
  return block;
}

}  // namespace

namespace detail {
void* allocate(size_t bytes) {
  void* block = take(bytes, false);
  if (bytes > kSmallLimit) count(static_cast<int64_t>(bytes));
  return block;
}

void* allocate_zeroed(size_t bytes) {
  void* block = take(bytes, true);
  if (bytes > kSmallLimit) count(static_cast<int64_t>(bytes));
  return block;
}

void release_memory(void* block, size_t bytes) noexcept {
  if (bytes > kSmallLimit) live.fetch_sub(static_cast<int64_t>(bytes), std::memory_order_relaxed);
  if (LEXIGRAD_ADDRESS_SANITIZER) return std::free(block);
  bytes = std::max<size_t>(bytes, 1);
  if (bytes > kSmallLimit) return give_large(block, bytes);
  give_small(block, (bytes - 1) / kAlignment);
}
}  // namespace detail

MemoryStats memory_stats() { return {live.load(), peak.load(), cached.load()}; }

void reset_peak_memory() { peak.store(live.load()); }

void release_cached_memory() {
  std::lock_guard lock(large().mutex);
  for (size_t cls = 0; auto& blocks : large().blocks) {
    size_t size = (8 + cls % 8) << (cls / 8) >> 3;
    for (void* block : blocks) {
      to_system(block, size);
      cached.fetch_sub(static_cast<int64_t>(size), std::memory_order_relaxed);
    }
    blocks.clear();
    ++cls;
  }
  for (auto [begin, size] : large().pages.fresh.clear()) munmap(begin, size);
  for (auto [begin, size] : large().pages.used.clear()) {  // fewer pages than a block of them, too
    munmap(begin, size);
    cached.fetch_sub(static_cast<int64_t>(size), std::memory_order_relaxed);
  }
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

}  // namespace lexigrad
