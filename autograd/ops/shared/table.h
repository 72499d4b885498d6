// What ops that look rows of a table up share.
#pragma once
#include <string_view>

#include "lexigrad/autograd/tensor/tensor.h"

namespace lexigrad::detail {

/// ids, contiguous. Throws unless weight is a matrix, padding_idx a row of it or -1, and ids are int64 and
/// rows of it, too; the error says which id is where and not in `table`.
Tensor checked_ids(const char* op, const Tensor& weight, const Tensor& ids, int64_t padding_idx,
                   std::string_view table);

}  // namespace lexigrad::detail
