// Stochastic gradient descent with momentum.
#pragma once
#include <string>
#include <vector>

#include "lexigrad/train/optim/optimizer_kind.h"

namespace lexigrad::optim {

struct SGDOptions {
  double lr = 1e-3;
  double momentum = 0;
  double dampening = 0;  ///< the gradient enters the momentum times 1 - dampening (except the first)
  double weight_decay = 0;
  bool nesterov = false;  ///< needs momentum and no dampening
  bool maximize = false;  ///< climbs: the gradient counts with the opposite sign
  Rows rows = Rows::dense;
  std::vector<std::string> no_decay = {};  ///< names of parameters, * for any letters: "*.bias"
};

/// torch.optim.SGD: g' = g + weight_decay w; b = momentum b + (1 - dampening) g'; w -= lr b
/// (nesterov: lr (g' + momentum b)). Slot "sgd.momentum" where momentum is not 0. Lazy rows: b of a row
/// in the batch moves as above, others wait; b starts at the parameter's first gradient, or at 0 for rows
/// that come later. lazy_exact rows move by a formula, to rounding as dense ones, where there is momentum or
/// decay; with both step by step, to the same bits.
class SGD final : public Optimizer {
 public:
  explicit SGD(const ParameterGroups& parameters, const SGDOptions& options = {});
  /// The row of optimizers().
  static OptimizerKind kind();

 private:
  void update(const nn::ParameterRef& parameter, const StepOptions& step, Memory& memory) const override;
  bool add_idle_steps(const StepOptions& step, Memory& memory) const;

  SGDOptions options_;
};

}  // namespace lexigrad::optim
