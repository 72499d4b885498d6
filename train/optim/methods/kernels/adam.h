// Adam's update of n contiguous values; formula and order of operations as in PyTorch.
#pragma once
#include <cmath>
#include <cstdint>
#include <utility>

namespace lexigrad::kernels {

/// Differences such as 1 - beta2 are taken in double, before they are rounded to T.
struct AdamStep {
  double beta1, beta2, eps, weight_decay;
  double step_size;         ///< lr / (1 - beta1^t)
  double bias2_correction;  ///< sqrt(1 - beta2^t)
  double keep = 1;          ///< share of the weight before the step: 1 - lr * weight decay in AdamW
};

/// Step `number`, from 1, without decay.
inline AdamStep adam_step_at(const std::pair<double, double>& betas, double eps, double lr, int64_t number) {
  double t = static_cast<double>(number);
  return {betas.first,
          betas.second,
          eps,
          0,
          lr / (1 - std::pow(betas.first, t)),
          std::sqrt(1 - std::pow(betas.second, t))};
}

/// g' = g + weight_decay * w; m += (1 - beta1) * (g' - m); v = beta2 * v + (1 - beta2) * g'^2;
/// w = keep * w - step_size * m / (sqrt(v) / bias2_correction + eps). (Kingma and Ba 2015, Loshchilov
/// and Hutter 2019.) With `v_max`, v_max = max(v_max, v) is in v's place in the last (Reddi, Kale and Kumar
/// 2018). T is float or double; `g` null stands for a gradient of zeros, `v_max` null for none; arrays do not
/// overlap with each other.
template <class T>
void adam_step(T* w, const T* g, T* m, T* v, T* v_max, const AdamStep& step, int64_t n);

struct AdamRest {
  double keep, size[2], eps[2], m, v;  ///< eps > 0 where its size is not 0
};

/// Many steps without gradient: w = rest.keep * (w - m * (size[0] / (sqrt(v) + eps[0]) + size[1] / (sqrt(v) + eps[1])));
/// m *= rest.m; v *= rest.v.
template <class T>
void adam_rest(T* w, T* m, T* v, const AdamRest& rest, int64_t n);

}  // namespace lexigrad::kernels
