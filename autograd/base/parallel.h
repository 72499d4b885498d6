// The only OpenMP. Work is cut into blocks whose number depends on the problem alone; threads only decide who
// runs a block, so results are the same bits for any number of threads.
#pragma once
#include <cstdint>
#include <exception>

namespace lexigrad {

/// Threads that parallel work uses: set_num_threads, else LEXIGRAD_THREADS, else what affinity
/// and the cgroup quota allow. 1 in a child of fork() whose parent has run parallel work.
int num_threads();
/// Sets the number of threads for the whole process. Throws unless threads >= 1.
void set_num_threads(int threads);
/// True inside a block of a parallel loop of more than one thread.
bool in_parallel();
/// Runs `body()` with OpenMP held to one thread (a BLAS entered from outside a parallel
/// loop would use its own).
template <class Body>
void single_threaded(const Body& body);

/// Calls body(block) for each block in 0..blocks-1. The first exception, by block number, is
/// thrown after the loop.
template <class Body>
void parallel_blocks(int64_t blocks, const Body& body);

/// Cuts 0..size-1 into ranges of `grain` (the last may be shorter) and calls body(begin, end) for each.
template <class Body>
void parallel_ranges(int64_t size, int64_t grain, const Body& body) {
  if (size <= grain) {
    if (size > 0) body(int64_t{0}, size);
    return;
  }
  parallel_blocks((size + grain - 1) / grain, [&](int64_t block) {
    int64_t begin = block * grain;
    body(begin, size - begin < grain ? size : begin + grain);
  });
}

namespace detail {
void note_parallel();  // see fork.h
int hold_openmp();     // sets OpenMP's own maximum to 1 for this thread and returns the old one
void release_openmp(int old);
}  // namespace detail

template <class Body>
void single_threaded(const Body& body) {
  if (in_parallel()) return body();
  struct Hold {
    int old = detail::hold_openmp();
    ~Hold() { detail::release_openmp(old); }
  } hold;
  body();
}

template <class Body>
void parallel_blocks(int64_t blocks, const Body& body) {
  int threads = num_threads();
  if (threads > blocks) threads = static_cast<int>(blocks);
  if (threads <= 1 || in_parallel()) {
    for (int64_t block = 0; block < blocks; ++block) body(block);
    return;
  }
  detail::note_parallel();
  std::exception_ptr error;
  int64_t error_block = blocks;
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
  for (int64_t block = 0; block < blocks; ++block) {
    try {
      body(block);
    } catch (...) {
#pragma omp critical(lexigrad_error)
      if (block < error_block) {
        error_block = block;
        error = std::current_exception();
      }
    }
  }
  if (error) std::rethrow_exception(error);
}

}  // namespace lexigrad
