// How the learning rate changes over a run: a function of the step alone, so that a resumed run needs no
// state.
#pragma once
#include <cstdint>

namespace lexigrad::train {

struct Schedule {
  enum class Kind { constant, linear, cosine };
  Kind kind = Kind::constant;
  int64_t warmup = 0;  ///< steps over which the rate grows to its full height: (step + 1) / (warmup + 1)
  int64_t total = 0;   ///< steps of the run; linear and cosine end there
  double end = 0;      ///< share of the full rate that linear and cosine end at

  bool changes() const { return kind != Kind::constant || warmup > 0; }
  /// The share of the full rate in step 0, 1, ..., total - 1 (Loshchilov and Hutter 2017 for the cosine).
  /// From the last on it is `end`; throws where warmup or total is negative, or end outside 0..1.
  double operator()(int64_t step) const;
};

}  // namespace lexigrad::train
