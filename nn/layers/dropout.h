// Elements put to 0 at random while training.
#pragma once
#include <string>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/nn/module.h"

namespace lexigrad::nn {

/// In training each element is 0 with probability p, the others times 1 / (1 - p); otherwise x
/// itself. Masks follow the step alone (draws.h): the same for any number of threads, and again
/// when a step is run again.
class Dropout final : public Module {
 public:
  explicit Dropout(double p = 0.5) : p_(p) {
    check(p >= 0 && p <= 1, "Dropout", "The probability is ", p, " (valid are 0..1)");
  }

  Tensor forward(const Tensor& x) const { return is_training() && p_ > 0 ? dropout(x, p_) : x; }

 private:
  std::string extra_repr() const override { return text("p=", p_); }

  double p_;
  LEXIGRAD_MODULE(Dropout)
};

}  // namespace lexigrad::nn
