#include "lexigrad/autograd/base/fork/fork.h"

#include <pthread.h>

#include <atomic>

namespace lexigrad::detail {
namespace {

std::atomic<bool> parallel{false}, lost{false};

constinit std::mutex listing;          // of the two lists
constinit ForkMutex* first = nullptr;  // the youngest
constinit ForkMutex* innermost = nullptr;

void before_fork() {
  listing.lock();
  for (ForkMutex* list : {first, innermost})
    for (ForkMutex* each = list; each != nullptr; each = each->older) each->lock();
}
void after_fork() {
  for (ForkMutex* list : {first, innermost})
    for (ForkMutex* each = list; each != nullptr; each = each->older) each->unlock();
  listing.unlock();
}
void after_fork_in_child() {
  after_fork();
  if (parallel.load(std::memory_order_relaxed)) lost.store(true, std::memory_order_relaxed);
}

[[maybe_unused]] const int registered = pthread_atfork(before_fork, after_fork, after_fork_in_child);

}  // namespace

ForkMutex::ForkMutex(bool is_innermost) : head(is_innermost ? innermost : first) {
  std::lock_guard lock(listing);
  older = head;
  if (older) older->younger = this;
  head = this;
}

ForkMutex::~ForkMutex() {
  std::lock_guard lock(listing);
  (younger ? younger->older : head) = older;
  if (older) older->younger = younger;
}

void note_parallel() { parallel.store(true, std::memory_order_relaxed); }

bool lost_threads() { return lost.load(std::memory_order_relaxed); }

}  // namespace lexigrad::detail
