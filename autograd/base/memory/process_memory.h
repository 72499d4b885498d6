// How much memory this process takes.
#pragma once
#include <cstdint>

namespace lexigrad {

struct ProcessMemory {
  int64_t resident, peak;  ///< bytes in memory now, and at most so far
};

/// By the kernel's /proc/self/status; zeros where there is none.
ProcessMemory process_memory();

}  // namespace lexigrad
