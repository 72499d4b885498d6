// Walks several strided operands together, row by row, in parallel blocks that depend
// on the shape only.
#pragma once
#include <algorithm>
#include <array>

#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/tensor/shape.h"

namespace lexigrad::detail {

inline constexpr int64_t kBlockElements = 1 << 15;  ///< elements a parallel block works on

/// Strides with which a tensor of `shape` and `strides` reads as `target` (0
/// where it is broadcast).
Shape broadcast_strides(const Shape& shape, const Shape& strides, const Shape& target);

/// N operands over one shape, neighbouring dimensions merged where all operands allow.
template <size_t N>
struct StridedLoop {
  Shape sizes;
  std::array<Shape, N> strides;

  StridedLoop(const Shape& shape, std::array<Shape, N> all) {
    int64_t kept = 0;
    Shape merged(shape.rank(), 1);
    for (int64_t d = 0; d < shape.rank(); ++d) {
      if (shape[d] == 1) continue;
      bool joins = kept > 0;
      for (const Shape& s : all) joins = joins && s[kept - 1] == s[d] * shape[d];
      if (!joins) ++kept;
      merged[kept - 1] = joins ? merged[kept - 1] * shape[d] : shape[d];
      for (Shape& s : all) s[kept - 1] = s[d];
    }
    if (kept == 0) {
      merged = Shape{1};
      for (Shape& s : all) s = Shape{0};
      kept = 1;
    }
    sizes = Shape(std::span<const int64_t>(merged.data(), static_cast<size_t>(kept)));
    for (size_t i = 0; i < N; ++i)
      strides[i] = Shape(std::span<const int64_t>(all[i].data(), static_cast<size_t>(kept)));
  }

  /// row(offsets, out, n): n elements from output position `out` on, operand i at offsets[i]
  /// with stride inner(i). `block` elements make a parallel block.
  template <class Row>
  void run(const Row& row, int64_t block = kBlockElements) const {
    int64_t last = sizes.rank() - 1, n = sizes[last], rows = 1;
    for (int64_t d = 0; d < last; ++d) rows *= sizes[d];
    if (n == 0 || rows == 0) return;
    bool one = rows == 1;  // whose elements are shared out; `row` is called in one place: it is inlined once
    parallel_ranges(one ? n : rows, one ? block : std::max<int64_t>(1, block / n),
                    [&](int64_t begin, int64_t end) {
                      int64_t from = one ? begin : 0, count = one ? end - begin : n;
                      for (int64_t r = one ? 0 : begin; r < (one ? 1 : end); ++r)
                        row(offsets(r, from), r * n + from, count);
                    });
  }
  int64_t inner(size_t i) const { return strides[i].back(); }

 private:
  /// Where each operand has element `from` of row r.
  std::array<int64_t, N> offsets(int64_t r, int64_t from) const {
    int64_t last = sizes.rank() - 1;
    std::array<int64_t, N> at;
    for (size_t i = 0; i < N; ++i) at[i] = from * strides[i][last];
    for (int64_t d = last - 1; d >= 0; r /= sizes[d--])
      for (size_t i = 0; i < N; ++i) at[i] += r % sizes[d] * strides[i][d];
    return at;
  }
};

}  // namespace lexigrad::detail
