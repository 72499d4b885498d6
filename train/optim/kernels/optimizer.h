// Update kernels of the optimizers over n contiguous values; formulas and order of operations as in PyTorch.
// T is float or double; settings are double and differences such as 1 - beta2 are taken before they are
// rounded to T. Arrays do not overlap.
#pragma once
#include <cstdint>

namespace lexigrad::kernels {

template <class T>
struct SgdStep {
  double lr, momentum, dampening, weight_decay;
  bool nesterov, first;  ///< first: the buffer takes the gradient as it is (torch's first step)
};

/// g' = g + weight_decay * w; buffer = momentum * buffer + (1 - dampening) * g' (first: g');
/// w -= lr * (nesterov ? g' + momentum * buffer : buffer). `buffer` is not touched, and may be null, when
/// momentum is 0; `g` null stands for a gradient of zeros.
template <class T>
void sgd_step(T* w, const T* g, T* buffer, const SgdStep<T>& step, int64_t n);

template <class T>
struct AdamStep {
  double beta1, beta2, eps, weight_decay;
  double step_size;         ///< lr / (1 - beta1^t)
  double bias2_correction;  ///< sqrt(1 - beta2^t)
  double keep = 1;          ///< of the weight before the step: 1 - lr * weight decay in AdamW
};

/// g' = g + weight_decay * w; m += (1 - beta1) * (g' - m); v = beta2 * v + (1 - beta2) * g'^2;
/// w = keep * w - step_size * m / (sqrt(v) / bias2_correction + eps). (Kingma and Ba 2015, Loshchilov and
/// Hutter 2019, in PyTorch's order.)
/// `g` null stands for a gradient of zeros.
template <class T>
void adam_step(T* w, const T* g, T* m, T* v, const AdamStep<T>& step, int64_t n);

}  // namespace lexigrad::kernels
