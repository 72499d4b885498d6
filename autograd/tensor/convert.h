// Copies of elements between strides and dtypes, off the tape.
#pragma once
#include "lexigrad/autograd/tensor/tensor.h"

namespace lexigrad::detail {

/// Copies `source` (any strides and dtype) into the contiguous `target` of the same shape.
void convert_into(const Tensor& target, const Tensor& source);
/// Copies `source` into the view `target` (any strides) of the same shape, converting.
void scatter_into(const Tensor& target, const Tensor& source);
/// x in another dtype; x itself where it has that.
Tensor cast(const Tensor& x, Dtype dtype);

}  // namespace lexigrad::detail
