// Huge pages for memory that is read in places that lie anywhere, where the system offers them.
#pragma once
#include <cstddef>

namespace lexigrad {

/// Asks for huge pages for `bytes` from `begin` on: fewer faults where they are written first, fewer misses of the
/// processor's table of pages later. Memory then counts in steps of 2 MiB.
void prefer_huge_pages(void* begin, size_t bytes) noexcept;

}  // namespace lexigrad
