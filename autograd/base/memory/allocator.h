// Memory for tensors and tape nodes: 64-byte aligned, cached, counted.
//   <= 1 KiB   per-thread free lists, one per 64-byte class; full lists spill to a shared one
//   larger     size classes cached process-wide
//   >= 256 KiB page ranges (huge pages where the system offers them) that split and join, so that what one
//              size gave back serves any other
#pragma once
#include <cstddef>
#include <cstdint>

#include "lexigrad/autograd/base/memory/available_memory.h"  // IWYU pragma: export

namespace lexigrad {

/// Bytes of tensor and tape memory: in use now, the most since the last reset, and kept for reuse.
struct MemoryStats {
  int64_t live_bytes, peak_bytes, cached_bytes;
};
MemoryStats memory_stats();
/// Makes the bytes in use now the new peak.
void reset_peak_memory();
/// Gives cached large blocks back to the system, and what the C library keeps.
void release_cached_memory();

namespace detail {
/// 64-byte aligned memory; throws MemoryError, naming both sizes, where the machine has not enough.
void* allocate(size_t bytes);
/// The same, all zeros. Large blocks are fresh pages that cost nothing until they are written.
void* allocate_zeroed(size_t bytes);
/// Takes back what allocate(bytes) gave.
void release_memory(void* block, size_t bytes) noexcept;
}  // namespace detail

}  // namespace lexigrad
