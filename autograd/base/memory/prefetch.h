// Asking for memory before it is needed, for rows that lie anywhere in a table.
#pragma once
#include <cstddef>
#include <cstdint>

namespace lexigrad {

inline constexpr int64_t kRowsAhead = 4;  ///< that a loop over scattered rows asks for

/// Starts to load the cache lines of `bytes` bytes from `p` on.
inline void prefetch(const void* p, int64_t bytes) {
  for (const char *at = static_cast<const char*>(p), *end = at + bytes; at < end; at += 64)
    __builtin_prefetch(at);
}

}  // namespace lexigrad
