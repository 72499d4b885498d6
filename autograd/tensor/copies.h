// Copies that strides cost: what contiguous() and reshape() had to move, called
// by you or by an op.
#pragma once
#include <cstdint>

namespace lexigrad {

struct CopyCounts {
  int64_t copies = 0;
  int64_t bytes = 0;
};

/// Counts since the process began; subtract two calls to measure a stretch. docs/tensors.md
/// says which ops copy, and when.
CopyCounts copy_counts();

namespace detail {
void count_copy(int64_t bytes);
}

}  // namespace lexigrad
