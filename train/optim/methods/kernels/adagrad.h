// Adagrad's update of n contiguous values; formula as in PyTorch.
#pragma once
#include <cstdint>

namespace lexigrad::kernels {

struct AdagradStep {
  double lr, initial, eps, weight_decay;
};

/// g' = g + weight_decay * w; sum += g'^2; w -= lr * g' / (sqrt(initial + sum) + eps). T is float or double;
/// `g` null stands for a gradient of zeros; arrays do not overlap.
template <class T>
void adagrad_step(T* w, const T* g, T* sum, const AdagradStep& step, int64_t n);

}  // namespace lexigrad::kernels
