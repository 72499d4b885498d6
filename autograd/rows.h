// Work on the rows of a tensor: its last dimension.
#pragma once
#include <algorithm>

#include "lexigrad/autograd/strided.h"
#include "lexigrad/autograd/tensor.h"

namespace lexigrad::detail {

/// kernel(first element, n) for each row of a contiguous tensor of y's shape, in parallel blocks; rank 0 is
/// one row.
template <class Kernel>
void over_rows(const Tensor& y, const Kernel& kernel) {
  if (y.numel() == 0) return;
  int64_t n = y.rank() > 0 ? y.shape().back() : 1;
  parallel_ranges(y.numel() / n, std::max<int64_t>(1, block_elements / n), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) kernel(row * n, n);
  });
}

}  // namespace lexigrad::detail
