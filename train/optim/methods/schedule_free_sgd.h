// Schedule-free SGD (Defazio et al. 2024).
#pragma once
#include <string>
#include <vector>

#include "lexigrad/train/optim/optimizer_kind.h"
#include "lexigrad/train/optim/schedule_free.h"

namespace lexigrad::optim {

struct ScheduleFreeSGDOptions {
  double lr = 1;
  double momentum = 0.9;  ///< beta of ScheduleFree
  double weight_decay = 0;
  int64_t warmup_steps = 0;
  double r = 0;
  double weight_lr_power = 2;
  Rows rows = Rows::dense;
  std::vector<std::string> no_decay = {};  ///< names of parameters, * for any letters: "*.bias"
};

/// schedulefree.SGDScheduleFree: d = g + weight_decay y; the rest is ScheduleFree's. Slot "schedule-free-sgd.offset".
class ScheduleFreeSGD final : public ScheduleFree {
 public:
  explicit ScheduleFreeSGD(const ParameterGroups& parameters, const ScheduleFreeSGDOptions& options = {});
  /// The row of optimizers().
  static OptimizerKind kind();

 private:
  void move(const nn::ParameterRef& parameter, const StepOptions& step,
            const kernels::ScheduleFreeStep& whole, Memory& memory) const override;
};

}  // namespace lexigrad::optim
