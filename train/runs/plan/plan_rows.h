// The formulas behind a plan (plan.h).
#pragma once
#include <vector>

#include "lexigrad/train/runs/plan/plan.h"

namespace lexigrad::train {

/// Every class of memory of a run, whose config has the values that are used.
std::vector<PlanRow> plan_rows(const TrainConfig& config, const TextSizes& text);

}  // namespace lexigrad::train
