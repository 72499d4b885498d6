// RAdam's update of n contiguous values; formula as in PyTorch.
#pragma once
#include <cstdint>

namespace lexigrad::kernels {

struct RAdamStep {
  double beta1, beta2, eps, weight_decay;
  double step_size;  ///< lr / (1 - beta1^t)
  double rectified;  ///< r_t * sqrt(1 - beta2^t); 0 while there is no r_t: the step leaves v out
  double keep = 1;   ///< share of the weight before the step: 1 - lr * decoupled weight decay
};

/// g' = g + weight_decay * w; m = beta1 * m + (1 - beta1) * g'; v = beta2 * v + (1 - beta2) * g'^2;
/// w = keep * w - step_size * m * rectified / (sqrt(v) + eps). T is float or double; `g` null stands for a
/// gradient of zeros; arrays do not overlap.
template <class T>
void radam_step(T* w, const T* g, T* m, T* v, const RAdamStep& step, int64_t n);

}  // namespace lexigrad::kernels
