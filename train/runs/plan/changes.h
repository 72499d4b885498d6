// How a run would take less memory.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "lexigrad/train/runs/plan/plan.h"

namespace lexigrad::train {

/// Options that changed, and the peak with them.
struct PlanChange {
  std::string flags;  ///< "--rows lazy --batch 8 --accumulate 2"
  double peak;
};

/// `config`, with what saves memory and leaves the result alone, --recompute, where the run is above `limit` and
/// would not be with it.
TrainConfig fitted(const TrainConfig& config, const TextSizes& text, double limit);

/// Single changes that reach `limit`, each the least of its kind that does; empty where none does.
std::vector<PlanChange> single_changes_that_fit(const TrainConfig& config, const TextSizes& text,
                                                double limit);

/// Changes that reach `limit` together and change the run least: none of dim, layers, context, optimizer, dtype, rows,
/// batch and recompute goes further than it has to once those before it are what they have to be. A batch is halved
/// and taken twice, which sums the same gradients. None where all together do not reach it.
std::optional<PlanChange> least_change_that_fits(const TrainConfig& config, const TextSizes& text,
                                                 double limit);

}  // namespace lexigrad::train
