// Checks that the losses share.
#pragma once
#include "lexigrad/autograd/body.h"

namespace lexigrad::detail {

/// `targets` (int64, of `positions`' shape), contiguous; each is 0..classes-1 or ignore_index, else the error
/// says which is not.
Tensor checked_targets(const char* op, const Tensor& targets, const Shape& positions, int64_t classes,
                       int64_t ignore_index);

}  // namespace lexigrad::detail
