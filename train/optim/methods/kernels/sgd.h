// SGD's update of n contiguous values; formula and order of operations as in PyTorch.
#pragma once
#include <cstdint>

namespace lexigrad::kernels {

/// 1 - dampening is taken in double, before it is rounded to T.
struct SgdStep {
  double lr, momentum, dampening, weight_decay;
  bool nesterov, first;  ///< first: the buffer takes the gradient as it is (torch's first step)
};

/// g' = g + weight_decay * w; buffer = momentum * buffer + (1 - dampening) * g' (first: g');
/// w -= lr * (nesterov ? g' + momentum * buffer : buffer). T is float or double. `buffer` is not touched,
/// and may be null, when momentum is 0; `g` null stands for a gradient of zeros; arrays do not overlap.
template <class T>
void sgd_step(T* w, const T* g, T* buffer, const SgdStep& step, int64_t n);

struct SgdRest {
  double keep, size, momentum;
};

/// Many steps without gradient: w = keep * (w - size * buffer); buffer *= momentum. `buffer` null stands for none.
template <class T>
void sgd_rest(T* w, T* buffer, const SgdRest& rest, int64_t n);

}  // namespace lexigrad::kernels
