#include "lexigrad/autograd/base/fork.h"

#include <pthread.h>

#include <atomic>
#include <vector>

namespace lexigrad::detail {
namespace {

std::atomic<bool> parallel{false}, lost{false};

struct Mutexes {
  std::mutex mutex;  // of the list
  std::vector<std::mutex*> all;
};

Mutexes& mutexes();

void before_fork() {
  mutexes().mutex.lock();
  for (std::mutex* each : mutexes().all) each->lock();
}
void after_fork() {
  for (std::mutex* each : mutexes().all) each->unlock();
  mutexes().mutex.unlock();
}
void after_fork_in_child() {
  after_fork();
  if (parallel.load(std::memory_order_relaxed)) lost.store(true, std::memory_order_relaxed);
}

Mutexes& mutexes() {
  static Mutexes* list = [] {
    pthread_atfork(before_fork, after_fork, after_fork_in_child);
    return new Mutexes;  // outlives every user
  }();
  return *list;
}

}  // namespace

ForkMutex::ForkMutex() {
  std::lock_guard lock(mutexes().mutex);
  mutexes().all.push_back(this);
}

void note_parallel() {
  if (parallel.load(std::memory_order_relaxed)) [[likely]]
    return;
  mutexes();
  parallel.store(true, std::memory_order_relaxed);
}

bool lost_threads() { return lost.load(std::memory_order_relaxed); }

}  // namespace lexigrad::detail
