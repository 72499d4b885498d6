// What the values of a tensor are like.
#pragma once
#include <cstdint>

#include "lexigrad/autograd/tensor/tensor.h"

namespace lexigrad::tools {

/// Of the finite values; `deviation` divides by count - 1, as torch.std does. All but the counts are NaN
/// where there are too few.
struct Statistics {
  int64_t count = 0, not_finite = 0;
  double min, max, mean, deviation;
};

/// In double, with the same bits for any number of threads.
Statistics statistics(const Tensor& x);

}  // namespace lexigrad::tools
