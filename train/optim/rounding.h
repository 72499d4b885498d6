// Steps of bfloat16 parameters: computed in float32 and rounded at random.
#pragma once
#include <cstdint>

#include "lexigrad/autograd/base/bfloat16.h"
#include "lexigrad/autograd/base/counter_rng.h"

namespace lexigrad::optim {

/// Stochastic rounding (Gupta et al. 2015) of one step of one parameter: a number between two of bfloat16 becomes
/// either, each with the probability by which their mean is the number. A step far smaller than their distance,
/// which rounding to the nearest would undo, is taken once in so many steps. The random bits of an element depend
/// on seed, parameter, step and the element alone, not on threads or on what else moves.
class Rounding {
 public:
  Rounding() = default;
  Rounding(uint64_t seed, uint64_t parameter, int64_t step)
      : rng_(seed, kFirstStream + parameter), step_(static_cast<uint64_t>(step)) {}

  /// to[i] = from[i], rounded, where that is element first + i of the parameter, for i in 0..n-1.
  void operator()(const float* from, BFloat16* to, int64_t n, int64_t first) const;

 private:
  static constexpr uint64_t kFirstStream = uint64_t{1} << 62;  ///< below are shuffles, above draws (draws.h)
  CounterRng rng_{0};
  uint64_t step_ = 0;
};

}  // namespace lexigrad::optim
