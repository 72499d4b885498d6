// Work on the rows of a tensor: its last dimension.
#pragma once
#include <algorithm>
#include <array>

#include "lexigrad/autograd/tensor/reader.h"
#include "lexigrad/autograd/tensor/tensor.h"

namespace lexigrad::detail {

/// kernel(the row in each input, its first element, n) for each row of a tensor of y's shape, in parallel
/// blocks; the inputs have that shape and any strides. Rank 0 is one row.
template <class T, size_t N, class Kernel>
void over_rows(const Tensor& y, const Tensor (&inputs)[N], const Kernel& kernel) {
  if (y.numel() == 0) return;
  int64_t n = y.rank() > 0 ? y.shape().back() : 1;
  std::vector<Reader<T>> readers(std::begin(inputs), std::end(inputs));
  parallel_ranges(y.numel() / n, std::max<int64_t>(1, kBlockElements / n), [&](int64_t begin, int64_t end) {
    std::array<std::vector<T>, N> buffers;
    std::array<const T*, N> from;
    for (int64_t row = begin; row < end; ++row) {
      for (size_t i = 0; i < N; ++i) from[i] = readers[i].read(row * n, n, buffers[i]);
      kernel(from, row * n, n);
    }
  });
}

}  // namespace lexigrad::detail
