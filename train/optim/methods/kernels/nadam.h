// NAdam's update of n contiguous values; formula as in PyTorch.
#pragma once
#include <cstdint>

namespace lexigrad::kernels {

struct NAdamStep {
  double beta1, beta2, eps, weight_decay;
  double gradient_size;  ///< lr * (1 - mu_t) / (1 - mu_1 ... mu_t)
  double mean_size;      ///< lr * mu_(t+1) / (1 - mu_1 ... mu_(t+1))
  double bias2;          ///< 1 - beta2^t
  double keep = 1;       ///< share of the weight before the step: 1 - lr * decoupled weight decay
};

/// g' = g + weight_decay * w; m = beta1 * m + (1 - beta1) * g'; v = beta2 * v + (1 - beta2) * g'^2;
/// w = keep * w - (gradient_size * g' + mean_size * m) / (sqrt(v / bias2) + eps). T is float or double;
/// `g` null stands for a gradient of zeros; arrays do not overlap.
template <class T>
void nadam_step(T* w, const T* g, T* m, T* v, const NAdamStep& step, int64_t n);

}  // namespace lexigrad::kernels
