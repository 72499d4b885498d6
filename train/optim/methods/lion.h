// Lion (Chen et al. 2023).
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "lexigrad/train/optim/optimizer_kind.h"

namespace lexigrad::optim {

struct LionOptions {
  double lr = 1e-4;
  std::pair<double, double> betas = {0.9, 0.99};
  double weight_decay = 0;
  Rows rows = Rows::dense;
  std::vector<std::string> no_decay = {};  ///< names of parameters, * for any letters: "*.bias"
};

/// w -= lr (sign(beta1 m + (1 - beta1) g) + weight_decay w); m = beta2 m + (1 - beta2) g: every number moves
/// by lr, in dense mode at gradient 0 too until its m is 0. Decay is no part of the gradient. Slot "lion.m".
class Lion final : public Optimizer {
 public:
  explicit Lion(const ParameterGroups& parameters, const LionOptions& options = {});
  /// The row of optimizers().
  static OptimizerKind kind();

 private:
  void update(const nn::ParameterRef& parameter, const StepOptions& step, Memory& memory) const override;

  LionOptions options_;
};

}  // namespace lexigrad::optim
