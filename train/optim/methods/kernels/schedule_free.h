// Updates of n contiguous values by the schedule-free methods (Defazio et al. 2024), y and z - y in the place of y and z.
#pragma once
#include <cstdint>

namespace lexigrad::kernels {

struct ScheduleFreeStep {
  double c;            ///< share of z in the new average
  double size;         ///< lr (1 - beta (1 - c)): how far y goes
  double offset_size;  ///< lr beta
  double weight_decay = 0;
  double beta2 = 0, eps = 0, bias2_correction = 1;  ///< AdamW's; the last sqrt(1 - beta2^t)
};

/// d = g + weight_decay * y; y += c * u - size * d; u = (1 - c) * (u - offset_size * d). T is float or double; `g` null
/// stands for a gradient of zeros; arrays do not overlap.
template <class T>
void schedule_free_sgd_step(T* y, const T* g, T* u, const ScheduleFreeStep& step, int64_t n);

/// The same where v = beta2 * v + (1 - beta2) * g^2; d = g / (sqrt(v) / bias2_correction + eps) + weight_decay * y.
template <class T>
void schedule_free_adamw_step(T* y, const T* g, T* u, T* v, const ScheduleFreeStep& step, int64_t n);

}  // namespace lexigrad::kernels
