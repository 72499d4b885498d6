// What max, min, amax, amin, argmax and argmin share. NaN is the most extreme value of all, as in PyTorch.
#pragma once
#include "lexigrad/autograd/ops/ops.h"

namespace lexigrad::detail {

enum class Extreme { largest, smallest };

/// Values over `dims` (all, where it is null), on the tape: ties share the gradient evenly.
Tensor extreme(const char* op, Extreme which, const Tensor& x, const std::vector<int64_t>* dims,
               bool keepdim);
/// Values along `dim` and the first place of each, on the tape: the gradient goes to that place.
ValuesIndices extreme_along(const char* op, Extreme which, const Tensor& x, int64_t dim, bool keepdim);

}  // namespace lexigrad::detail
