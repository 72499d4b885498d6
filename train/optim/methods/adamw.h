// AdamW (Loshchilov and Hutter 2019).
#pragma once
#include "lexigrad/train/optim/methods/adam.h"

namespace lexigrad::optim {

/// torch.optim.AdamW: Adam whose decay is no part of the gradient; a step shrinks the weight by the share
/// lr * weight_decay, in lazy mode of the rows in the batch only. Slots as Adam's: "adamw.m", ...
class AdamW final : public Adam {
 public:
  explicit AdamW(const ParameterGroups& parameters, const AdamOptions& options = {});
  /// The row of optimizers().
  static OptimizerKind kind();
};

}  // namespace lexigrad::optim
