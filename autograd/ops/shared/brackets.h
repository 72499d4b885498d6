// Reading and writing through what stands in brackets.
#pragma once
#include <vector>

#include "lexigrad/autograd/tensor/indexing.h"

namespace lexigrad::detail {

/// x[at]: a view where `at` holds neither ids nor masks, else a copy; on the tape.
Tensor at_brackets(const Tensor& x, const std::vector<Index>& at);
/// x[at] = value, in place.
void assign(const Tensor& x, const std::vector<Index>& at, const Tensor& value);
/// Ids for index() and index_put() of tensors of this shape: each bool mask as the ids of its true elements.
std::vector<Tensor> without_masks(const char* op, const std::vector<Tensor>& ids, const Shape& shape);

}  // namespace lexigrad::detail
