// Sums over chosen dimensions, off the tape, in an order that depends on the shape only.
#pragma once
#include "lexigrad/autograd/tensor.h"

namespace lexigrad::detail {

/// `dims` counted from the front, sorted, each once; all dimensions where the list is empty and
/// `all_if_empty`.
std::vector<int64_t> checked_dims(const char* op, const std::vector<int64_t>& dims, int64_t rank);
/// x summed over `dims` (checked); those become 1.
Tensor sum_keeping(const Tensor& x, const std::vector<int64_t>& dims);

}  // namespace lexigrad::detail
