// Schedule-free AdamW (Defazio et al. 2024).
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "lexigrad/train/optim/optimizer_kind.h"
#include "lexigrad/train/optim/schedule_free.h"

namespace lexigrad::optim {

struct ScheduleFreeAdamWOptions {
  double lr = 0.0025;
  std::pair<double, double> betas = {0.9, 0.999};  ///< the first is beta of ScheduleFree
  double eps = 1e-8;
  double weight_decay = 0;
  int64_t warmup_steps = 0;
  double r = 0;
  double weight_lr_power = 2;
  Rows rows = Rows::dense;
  std::vector<std::string> no_decay = {};  ///< names of parameters, * for any letters: "*.bias"
};

/// schedulefree.AdamWScheduleFree: v = beta2 v + (1 - beta2) g^2, d = g / (sqrt(v / (1 - beta2^k)) + eps) +
/// weight_decay y; the rest is ScheduleFree's. Slots "schedule-free-adamw.offset" and ".v".
class ScheduleFreeAdamW final : public ScheduleFree {
 public:
  explicit ScheduleFreeAdamW(const ParameterGroups& parameters, const ScheduleFreeAdamWOptions& options = {});
  /// The row of optimizers().
  static OptimizerKind kind();

 private:
  void move(const nn::ParameterRef& parameter, const StepOptions& step,
            const kernels::ScheduleFreeStep& whole, Memory& memory) const override;

  ScheduleFreeAdamWOptions options_;
};

}  // namespace lexigrad::optim
