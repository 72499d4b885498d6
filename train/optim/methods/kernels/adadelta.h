// Adadelta's update of n contiguous values; formula as in PyTorch.
#pragma once
#include <cstdint>

namespace lexigrad::kernels {

struct AdadeltaStep {
  double lr, rho, eps, weight_decay;
};

/// g' = g + weight_decay * w; square = rho * square + (1 - rho) * g'^2;
/// x = g' * sqrt(delta + eps) / sqrt(square + eps); delta = rho * delta + (1 - rho) * x^2; w -= lr * x. T is
/// float or double; `g` null stands for a gradient of zeros; arrays do not overlap.
template <class T>
void adadelta_step(T* w, const T* g, T* square, T* delta, const AdadeltaStep& step, int64_t n);

}  // namespace lexigrad::kernels
