// RMSprop (Hinton, Srivastava and Swersky 2012; centered: Graves 2013).
#pragma once
#include <string>
#include <vector>

#include "lexigrad/train/optim/optimizer_kind.h"

namespace lexigrad::optim {

struct RMSpropOptions {
  double lr = 1e-2;
  double alpha = 0.99;  ///< what the averages keep at a step
  double eps = 1e-8;
  double weight_decay = 0;
  double momentum = 0;
  bool centered = false;  ///< divides by the deviation from the gradients' mean
  Rows rows = Rows::dense;
  std::vector<std::string> no_decay = {};  ///< names of parameters, * for any letters: "*.bias"
};

/// torch.optim.RMSprop: g' = g + weight_decay w; square = alpha square + (1 - alpha) g'^2, mean likewise of g';
/// b = momentum b + g' / (sqrt(square - mean^2) + eps); w -= lr b, where mean is 0 unless `centered`. Slots
/// "rmsprop.square", "rmsprop.mean" if centered, "rmsprop.momentum" where momentum is not 0.
class RMSprop final : public Optimizer {
 public:
  explicit RMSprop(const ParameterGroups& parameters, const RMSpropOptions& options = {});
  /// The row of optimizers().
  static OptimizerKind kind();

 private:
  void update(const nn::ParameterRef& parameter, const StepOptions& step, Memory& memory) const override;

  RMSpropOptions options_;
};

}  // namespace lexigrad::optim
