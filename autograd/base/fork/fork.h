// What a child of fork() finds: free locks, and one thread for parallel work where the parent had more.
#pragma once
#include <mutex>

namespace lexigrad::detail {

/// A mutex that no other thread holds when a process forks. Whoever holds one may take younger ones, never an
/// older one, but for those that are `innermost`: under these nothing else is taken.
class ForkMutex : public std::mutex {
 public:
  explicit ForkMutex(bool innermost = false);
  ~ForkMutex();
  ForkMutex(const ForkMutex&) = delete;
  ForkMutex& operator=(const ForkMutex&) = delete;

  ForkMutex *&head, *older = nullptr, *younger = nullptr;  ///< its place in a list, which fork.cpp keeps
};

/// Notes that this process has started threads of OpenMP, which a child of it does not have.
void note_parallel();
/// True in a child whose parent had noted that: a parallel region there would wait for them for ever.
bool lost_threads();

}  // namespace lexigrad::detail
