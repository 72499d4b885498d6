#include "lexigrad/autograd/ops/shared/reduce.h"

#include <algorithm>
#include <numeric>

#include "lexigrad/autograd/kernels/reduce.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/autograd/tape/tape.h"
#include "lexigrad/autograd/tensor/reader.h"
#include "lexigrad/autograd/tensor/tensor_body.h"

namespace lexigrad::detail {
namespace {

// One long row, in blocks whose sums are added in order.
template <class T>
T sum_row(const Reader<T>& x, int64_t first, int64_t n) {
  std::vector<T> partial(static_cast<size_t>((n + kBlockElements - 1) / kBlockElements));
  parallel_ranges(n, kBlockElements, [&](int64_t begin, int64_t end) {
    std::vector<T> buffer;
    partial[static_cast<size_t>(begin / kBlockElements)] =
        kernels::sum<T>(x.read(first + begin, end - begin, buffer), end - begin);
  });
  double total = 0;
  for (T p : partial) total += static_cast<double>(p);
  return static_cast<T>(total);
}

// y[i] = sum over j of x[i][j].
template <class T>
void sum_rows(const Reader<T>& x, T* y, int64_t rows, int64_t cols) {
  if (cols > kBlockElements) {
    for (int64_t i = 0; i < rows; ++i) y[i] = sum_row(x, i * cols, cols);
    return;
  }
  parallel_ranges(rows, std::max<int64_t>(1, kBlockElements / std::max<int64_t>(cols, 1)),
                  [&](int64_t begin, int64_t end) {
                    std::vector<T> buffer;
                    for (int64_t i = begin; i < end; ++i)
                      y[i] = kernels::sum<T>(x.read(i * cols, cols, buffer), cols);
                  });
}

// y[j] += the sum over i of x[first + i * cols + j], in pieces that fit a buffer unless x is contiguous.
template <class T>
void add_rows(T* y, const Reader<T>& x, int64_t first, int64_t rows, int64_t cols) {
  std::vector<T> buffer;
  if (x.contiguous()) return kernels::add_rows<T>(y, x.read(first, rows * cols, buffer), rows, cols, cols);
  int64_t width = std::min(cols, kBlockElements),
          height = std::max<int64_t>(1, kBlockElements / std::max<int64_t>(cols, 1));
  for (int64_t i = 0; i < rows; i += height)
    for (int64_t j = 0; j < cols; j += width) {
      int64_t down = std::min(height, rows - i), across = std::min(width, cols - j);
      kernels::add_rows<T>(y + j, x.read(first + i * cols + j, down * across, buffer), down, across, across);
    }
}

// y[o][j] = sum over i of x[o][i][j]: blocks of rows, then the blocks in order.
template <class T>
void sum_columns(const Reader<T>& x, T* y, int64_t outer, int64_t rows, int64_t cols) {
  std::fill(y, y + outer * cols, T{0});
  int64_t grain = std::max<int64_t>(1, kBlockElements / std::max<int64_t>(cols, 1));
  if (rows <= 2 * grain) {
    parallel_ranges(outer, std::max<int64_t>(1, grain / std::max<int64_t>(rows, 1)),
                    [&](int64_t begin, int64_t end) {
                      for (int64_t o = begin; o < end; ++o)
                        add_rows(y + o * cols, x, o * rows * cols, rows, cols);
                    });
    return;
  }
  int64_t blocks = (rows + grain - 1) / grain;
  Tensor partial = zeros({blocks, cols}, dtype_of<T>);
  for (int64_t o = 0; o < outer; ++o) {
    if (o > 0) partial.fill_(0);
    parallel_ranges(rows, grain, [&](int64_t begin, int64_t end) {
      add_rows(pointer<T>(partial) + begin / grain * cols, x, (o * rows + begin) * cols, end - begin, cols);
    });
    kernels::add_rows<T>(y + o * cols, pointer<T>(partial), blocks, cols, cols);
  }
}

}  // namespace

std::vector<int64_t> checked_dims(const char* op, const std::vector<int64_t>& dims, int64_t rank) {
  std::vector<int64_t> out;
  for (int64_t d : dims) out.push_back(wrap_dim_or_scalar(op, d, rank));
  std::sort(out.begin(), out.end());
  auto twice = std::adjacent_find(out.begin(), out.end());
  check(twice == out.end(), op, "Dimension ", twice == out.end() ? 0 : *twice, " is named twice");
  if (rank == 0) out.clear();
  return out;
}

std::vector<int64_t> reduced_dims(const char* op, const std::vector<int64_t>& dims, int64_t rank) {
  if (!dims.empty()) return checked_dims(op, dims, rank);
  std::vector<int64_t> all(static_cast<size_t>(rank));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

Shape reduced_shape(const Shape& shape, const std::vector<int64_t>& dims, bool keepdim) {
  Shape out;
  for (int64_t d = 0; d < shape.rank(); ++d) {
    bool gone = std::binary_search(dims.begin(), dims.end(), d);
    if (keepdim || !gone) out = out.with(out.rank(), gone ? 1 : shape[d]);
  }
  return out;
}

namespace {

bool neighbours(const std::vector<int64_t>& dims) {
  return dims.empty() || dims.back() - dims.front() + 1 == static_cast<int64_t>(dims.size());
}

// The dimensions with `dims` last.
std::vector<int64_t> with_last(const std::vector<int64_t>& dims, int64_t rank) {
  std::vector<int64_t> order;
  for (int64_t d = 0; d < rank; ++d)
    if (!std::binary_search(dims.begin(), dims.end(), d)) order.push_back(d);
  order.insert(order.end(), dims.begin(), dims.end());
  return order;
}

}  // namespace

AxesView axes_view(const Tensor& x, const std::vector<int64_t>& dims) {
  NoGrad off;
  AxesView out;
  out.source = neighbours(dims) ? x : permute(x, with_last(dims, x.rank()));
  bool last = !neighbours(dims);
  for (int64_t d = 0; d < x.rank(); ++d) {
    bool gone = std::binary_search(dims.begin(), dims.end(), d);
    (gone ? out.rows : last || dims.empty() || d < dims.front() ? out.outer : out.cols) *= x.shape()[d];
  }
  return out;
}

Tensor from_axes_view(const Tensor& y, const Tensor& x, const std::vector<int64_t>& dims) {
  if (neighbours(dims)) return y.reshape(x.shape());
  std::vector<int64_t> order = with_last(dims, x.rank()), back(order.size());
  Shape shape;
  for (size_t i = 0; i < order.size(); ++i) {
    back[static_cast<size_t>(order[i])] = static_cast<int64_t>(i);
    shape = shape.with(shape.rank(), x.shape()[order[i]]);
  }
  return permute(y.reshape(shape), back);
}

Tensor sum_keeping(const Tensor& x, const std::vector<int64_t>& dims) {
  if (dims.empty()) return x.clone();
  Tensor out = new_tensor(reduced_shape(x.shape(), dims, true), x.dtype());
  auto [source, outer, rows, cols] = axes_view(x, dims);
  auto add_up = [&, &source = source, outer = outer, rows = rows, cols = cols]<class T>(T) {
    if (cols == 1)
      sum_rows(Reader<T>(source), pointer<T>(out), outer, rows);
    else
      sum_columns(Reader<T>(source), pointer<T>(out), outer, rows, cols);
  };
  if (x.dtype() == float32)
    add_up(float{});
  else
    add_up(double{});
  return out;
}

}  // namespace lexigrad::detail
