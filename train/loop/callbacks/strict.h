// No run where a part of the model does not train.
#pragma once
#include "lexigrad/train/loop/callback.h"

namespace lexigrad::train {

/// Before all others: throws std::runtime_error after a run's first step where its audit found something.
class Strict final : public Callback {
 public:
  void audited(RunState& state, const Audit& audit) override;
};

}  // namespace lexigrad::train
