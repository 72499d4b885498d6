// Reductions by a plain function of two values, in an order that depends on the shape only; off the tape.
#pragma once
#include <algorithm>
#include <memory>
#include <vector>

#include "lexigrad/autograd/ops/shared/reduce.h"
#include "lexigrad/autograd/tensor/strided.h"
#include "lexigrad/autograd/tensor/tensor_body.h"

namespace lexigrad::detail {

// A Reduction has value(x), the term of an element; combine(a, b), associative; identity<T>(); and Out<T>,
// the element type of the result.

/// One row of n values, in 32 running totals that the compiler keeps in registers.
template <class Reduction, class T>
auto reduce_row(const T* x, int64_t n) {
  using U = decltype(Reduction::value(T{}));
  constexpr int64_t lanes = 32;
  const U identity = Reduction::template identity<T>();
  U total[lanes];
  std::fill(total, total + lanes, identity);
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes)
    for (int64_t l = 0; l < lanes; ++l) total[l] = Reduction::combine(total[l], Reduction::value(x[i + l]));
  for (; i < n; ++i) total[i % lanes] = Reduction::combine(total[i % lanes], Reduction::value(x[i]));
  for (int64_t half = lanes / 2; half > 0; half /= 2)
    for (int64_t l = 0; l < half; ++l) total[l] = Reduction::combine(total[l], total[l + half]);
  return total[0];
}

/// y[i] from row i of x (rows, n); rows longer than a block in blocks.
template <class Reduction, class T, class Out>
void reduce_rows(const T* x, Out* y, int64_t rows, int64_t n) {
  using U = decltype(Reduction::value(T{}));
  int64_t blocks = std::max<int64_t>(1, (n + kBlockElements - 1) / kBlockElements);
  if (blocks == 1) {
    parallel_ranges(rows, std::max<int64_t>(1, kBlockElements / std::max<int64_t>(n, 1)),
                    [&](int64_t begin, int64_t end) {
                      for (int64_t r = begin; r < end; ++r)
                        y[r] = static_cast<Out>(reduce_row<Reduction>(x + r * n, n));
                    });
    return;
  }
  std::unique_ptr<U[]> partial(new U[static_cast<size_t>(rows * blocks)]);
  parallel_blocks(rows * blocks, [&](int64_t i) {
    int64_t begin = i % blocks * kBlockElements;
    partial[static_cast<size_t>(i)] =
        reduce_row<Reduction>(x + i / blocks * n + begin, std::min(kBlockElements, n - begin));
  });
  for (int64_t r = 0; r < rows; ++r) {
    U total = Reduction::template identity<T>();
    for (int64_t b = 0; b < blocks; ++b)
      total = Reduction::combine(total, partial[static_cast<size_t>(r * blocks + b)]);
    y[r] = static_cast<Out>(total);
  }
}

/// y[o][c] from x[o][all r][c], by blocks of columns; few columns of many rows by blocks of rows, too.
template <class Reduction, class T, class Out>
void reduce_columns(const T* x, Out* y, int64_t outer, int64_t rows, int64_t cols) {
  using U = decltype(Reduction::value(T{}));
  constexpr int64_t width = 2048;
  int64_t columns = (cols + width - 1) / width, narrow = std::min(cols, width);
  int64_t blocks = std::clamp<int64_t>(rows * narrow / kBlockElements, 1, 64),
          grain = (rows + blocks - 1) / blocks;
  std::unique_ptr<U[]> partial(blocks > 1 ? new U[static_cast<size_t>(outer * blocks * cols)] : nullptr);
  int64_t together = std::max<int64_t>(1, kBlockElements / (grain * narrow + 1));
  parallel_ranges(outer * blocks * columns, together, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) {
      int64_t o = i / columns / blocks, b = i / columns % blocks;
      int64_t c = i % columns * width, n = std::min(width, cols - c);
      U total[width];
      std::fill(total, total + n, Reduction::template identity<T>());
      for (int64_t r = b * grain; r < std::min(rows, (b + 1) * grain); ++r) {
        const T* row = x + (o * rows + r) * cols + c;
        for (int64_t k = 0; k < n; ++k) total[k] = Reduction::combine(total[k], Reduction::value(row[k]));
      }
      if (blocks > 1)
        std::copy(total, total + n, partial.get() + (o * blocks + b) * cols + c);
      else
        std::transform(total, total + n, y + o * cols + c, [](U u) { return static_cast<Out>(u); });
    }
  });
  for (int64_t i = 0; blocks > 1 && i < outer * cols; ++i) {
    U total = Reduction::template identity<T>();
    for (int64_t b = 0; b < blocks; ++b)
      total =
          Reduction::combine(total, partial[static_cast<size_t>((i / cols * blocks + b) * cols + i % cols)]);
    y[i] = static_cast<Out>(total);
  }
}

/// x reduced over `dims` (checked); `shape` is x's without them, or with 1 in their place.
template <class Reduction>
Tensor reduce_by(const Tensor& x, const std::vector<int64_t>& dims, const Shape& shape) {
  AxesView from = axes_view(x, dims);
  Tensor source = from.source.contiguous();
  return dispatch(x.dtype(), [&]<class T>(T) {
    using Out = typename Reduction::template Out<T>;
    Tensor y = new_tensor(shape, dtype_of<Out>);
    if (from.cols == 1)
      reduce_rows<Reduction>(pointer<T>(source), pointer<Out>(y), from.outer, from.rows);
    else
      reduce_columns<Reduction>(pointer<T>(source), pointer<Out>(y), from.outer, from.rows, from.cols);
    return y;
  });
}

}  // namespace lexigrad::detail
