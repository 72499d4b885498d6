// Updates of a row whose numbers share one of the optimizer's; formulas as in FBGEMM's exact row-wise Adagrad and
// partial row-wise Adam.
#pragma once
#include <cstdint>

namespace lexigrad::kernels {

struct RowwiseAdagradStep {
  double lr, eps, weight_decay;
};

/// g' = g + weight_decay * w; sum += mean(g'^2); w -= lr * g' / (sqrt(sum) + eps) for the n > 0 numbers of a row,
/// which share one `sum`. T is float or double; `g` null stands for a gradient of zeros; arrays do not overlap.
template <class T>
void rowwise_adagrad_step(T* w, const T* g, T* sum, const RowwiseAdagradStep& step, int64_t n);

struct RowwiseAdamStep {
  double beta1, beta2, eps, weight_decay;
  double step_size;         ///< lr / (1 - beta1^t)
  double bias2_correction;  ///< sqrt(1 - beta2^t)
};

/// g' = g + weight_decay * w; m = beta1 * m + (1 - beta1) * g'; v = beta2 * v + (1 - beta2) * mean(g'^2);
/// w -= step_size * m / (sqrt(v) / bias2_correction + eps) for the n > 0 numbers of a row, which share one `v`.
/// T is float or double; `g` null stands for a gradient of zeros; arrays do not overlap.
template <class T>
void rowwise_adam_step(T* w, const T* g, T* m, T* v, const RowwiseAdamStep& step, int64_t n);

}  // namespace lexigrad::kernels
