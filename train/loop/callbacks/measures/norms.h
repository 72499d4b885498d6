// Norms of gradients, and how far a step moves each parameter.
#pragma once
#include <vector>

#include "lexigrad/train/loop/callback.h"

namespace lexigrad::train {

/// Before a Log of the same interval: measures of every `interval`-th step "grad_norm" of all parameters, and for
/// each that trains "grad_norm/<name>" and "update_ratio/<name>", |change of the weight| / |weight before|; gradients
/// are those that the optimizer took, clipped ones among them. Such a step copies the parameters.
class Norms final : public Callback {
 public:
  explicit Norms(int64_t interval) : interval_(interval) {}
  void before_step(RunState& state) override;
  void after_step(RunState& state) override;

 private:
  int64_t interval_;
  std::vector<Tensor> before_;  ///< empty between steps that are measured
};

}  // namespace lexigrad::train
