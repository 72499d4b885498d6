// RAdam (Liu et al. 2020).
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "lexigrad/train/optim/optimizer_kind.h"

namespace lexigrad::optim {

struct RAdamOptions {
  double lr = 1e-3;
  std::pair<double, double> betas = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 0;
  bool decoupled_weight_decay = false;  ///< shrinks the weights, as AdamW does
  Rows rows = Rows::dense;
  std::vector<std::string> no_decay = {};  ///< names of parameters, * for any letters: "*.bias"
};

/// torch.optim.RAdam, Adam that leaves v out of its first steps and then rectifies it: m and v as Adam's,
/// n = 2 / (1 - beta2) - 1, p = n - 2 t beta2^t / (1 - beta2^t), m' = m / (1 - beta1^t); w -= lr m' while
/// p <= 5, then w -= lr m' r sqrt(1 - beta2^t) / (sqrt(v) + eps),
/// r^2 = (p - 4) (p - 2) n / ((n - 4) (n - 2) p). t counts the parameter's steps, in lazy mode too. Slots
/// "radam.m" and "radam.v".
class RAdam final : public Optimizer {
 public:
  explicit RAdam(const ParameterGroups& parameters, const RAdamOptions& options = {});
  /// The row of optimizers().
  static OptimizerKind kind();

 private:
  void update(const nn::ParameterRef& parameter, const StepOptions& step, Memory& memory) const override;

  RAdamOptions options_;
};

}  // namespace lexigrad::optim
