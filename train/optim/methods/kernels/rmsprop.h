// RMSprop's update of n contiguous values; formula as in PyTorch.
#pragma once
#include <cstdint>

namespace lexigrad::kernels {

struct RMSpropStep {
  double lr, alpha, eps, momentum, weight_decay;
};

/// g' = g + weight_decay * w; square = alpha * square + (1 - alpha) * g'^2; mean likewise of g';
/// buffer = momentum * buffer + g' / (sqrt(square - mean^2) + eps); w -= lr * buffer. Without `mean` or
/// `buffer`, which are null then, square alone and the quotient itself are in their places. T is float or
/// double; `g` null stands for a gradient of zeros; arrays do not overlap.
template <class T>
void rmsprop_step(T* w, const T* g, T* square, T* mean, T* buffer, const RMSpropStep& step, int64_t n);

}  // namespace lexigrad::kernels
