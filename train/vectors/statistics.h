// What the values of a tensor are like.
#pragma once
#include <cstdint>

#include "lexigrad/autograd/tensor/tensor.h"

namespace lexigrad::train {

/// What the finite values are like; `deviation` divides by count - 1, as torch.std does. All but the
/// counts are NaN where there are too few values.
struct Statistics {
  int64_t count = 0, not_finite = 0;  ///< finite values, and others
  double min, max, mean, deviation;
};

/// Computed in double, with the same bits for any number of threads.
Statistics statistics(const Tensor& x);

}  // namespace lexigrad::train
