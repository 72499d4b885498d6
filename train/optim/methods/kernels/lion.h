// Lion's update of n contiguous values (Chen et al. 2023).
#pragma once
#include <cstdint>

namespace lexigrad::kernels {

struct LionStep {
  double lr, beta1, beta2;
  double keep = 1;  ///< share of the weight before the step: 1 - lr * weight decay
};

/// w = keep * w - lr * sign(beta1 * m + (1 - beta1) * g); m = beta2 * m + (1 - beta2) * g. The sign of 0 is
/// 0, that of NaN NaN. T is float or double; `g` null stands for a gradient of zeros; arrays do not overlap.
template <class T>
void lion_step(T* w, const T* g, T* m, const LionStep& step, int64_t n);

}  // namespace lexigrad::kernels
