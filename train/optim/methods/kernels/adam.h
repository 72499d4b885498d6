// Adam's update of n contiguous values; formula and order of operations as in PyTorch.
#pragma once
#include <cstdint>

namespace lexigrad::kernels {

/// Differences such as 1 - beta2 are taken in double, before they are rounded to T.
struct AdamStep {
  double beta1, beta2, eps, weight_decay;
  double step_size;         ///< lr / (1 - beta1^t)
  double bias2_correction;  ///< sqrt(1 - beta2^t)
  double keep = 1;          ///< share of the weight before the step: 1 - lr * weight decay in AdamW
};

/// g' = g + weight_decay * w; m += (1 - beta1) * (g' - m); v = beta2 * v + (1 - beta2) * g'^2;
/// w = keep * w - step_size * m / (sqrt(v) / bias2_correction + eps). (Kingma and Ba 2015, Loshchilov
/// and Hutter 2019.) With `v_max`, v_max = max(v_max, v) is in v's place in the last (Reddi, Kale and Kumar
/// 2018). T is float or double; `g` null stands for a gradient of zeros, `v_max` null for none; arrays do not
/// overlap with each other.
template <class T>
void adam_step(T* w, const T* g, T* m, T* v, T* v_max, const AdamStep& step, int64_t n);

}  // namespace lexigrad::kernels
