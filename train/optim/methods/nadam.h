// NAdam (Dozat 2016).
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "lexigrad/train/optim/optimizer_kind.h"

namespace lexigrad::optim {

struct NAdamOptions {
  double lr = 2e-3;
  std::pair<double, double> betas = {0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 0;
  double momentum_decay = 4e-3;         ///< how fast the momentum rises from half of betas.first to it
  bool decoupled_weight_decay = false;  ///< shrinks the weights, as AdamW does
  Rows rows = Rows::dense;
  std::vector<std::string> no_decay = {};  ///< names of parameters, * for any letters: "*.bias"
};

/// torch.optim.NAdam, Adam with Nesterov's momentum: m and v as Adam's,
/// mu_t = beta1 (1 - 0.96^(t momentum_decay) / 2), p_t = mu_1 ... mu_t;
/// w -= lr ((1 - mu_t) g' / (1 - p_t) + mu_(t+1) m / (1 - p_(t+1))) / (sqrt(v / (1 - beta2^t)) + eps).
/// t counts the parameter's steps, in lazy mode too. Slots "nadam.m" and "nadam.v".
class NAdam final : public Optimizer {
 public:
  explicit NAdam(const ParameterGroups& parameters, const NAdamOptions& options = {});
  /// The row of optimizers().
  static OptimizerKind kind();

 private:
  void update(const nn::ParameterRef& parameter, const StepOptions& step, Memory& memory) const override;

  NAdamOptions options_;
};

}  // namespace lexigrad::optim
