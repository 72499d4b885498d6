// Sums over chosen dimensions, off the tape, in an order that depends on the shape only.
#pragma once
#include "lexigrad/autograd/tensor/tensor.h"

namespace lexigrad::detail {

/// `dims` counted from the front, sorted, each once; those of a scalar go away.
std::vector<int64_t> checked_dims(const char* op, const std::vector<int64_t>& dims, int64_t rank);
/// The same for a reduction: an empty list means all dimensions.
std::vector<int64_t> reduced_dims(const char* op, const std::vector<int64_t>& dims, int64_t rank);
/// `shape` after a reduction over `dims` (checked): they become 1 where keepdim, and go away otherwise.
Shape reduced_shape(const Shape& shape, const std::vector<int64_t>& dims, bool keepdim);

/// x, of any strides, as (outer, rows, cols), of which the rows are to be reduced: neighbouring `dims` stay
/// where they are, others go last.
struct AxesView {
  Tensor source;
  int64_t outer = 1, rows = 1, cols = 1;
};
AxesView axes_view(const Tensor& x, const std::vector<int64_t>& dims);
/// A tensor laid out as axes_view(x, dims) back in x's shape.
Tensor from_axes_view(const Tensor& y, const Tensor& x, const std::vector<int64_t>& dims);
/// x summed over `dims` (checked); those become 1.
Tensor sum_keeping(const Tensor& x, const std::vector<int64_t>& dims);

}  // namespace lexigrad::detail
