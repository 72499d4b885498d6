// What a child of fork() finds: free locks, and one thread for parallel work where the parent had more.
#pragma once
#include <mutex>

namespace lexigrad::detail {

/// A mutex that no other thread holds when a process forks. Lives as long as the program.
class ForkMutex : public std::mutex {
 public:
  ForkMutex();
};

/// Notes that this process has started threads of OpenMP, which a child of it does not have.
void note_parallel();
/// True in a child whose parent had noted that: a parallel region there would wait for them for ever.
bool lost_threads();

}  // namespace lexigrad::detail
