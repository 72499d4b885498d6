// The steps of a run, with all that happens beside them.
#pragma once
#include <iosfwd>
#include <memory>
#include <vector>

#include "lexigrad/train/loop/callback.h"
#include "lexigrad/train/loop/callbacks/evaluate.h"
#include "lexigrad/train/runs/parts.h"

namespace lexigrad::train {

inline constexpr int64_t kEvaluations = 20;  ///< of the held-out loss in a whole run, beside the first

/// Where a run reports, and the callbacks of its caller.
struct Audience {
  std::ostream& out;
  std::ostream& progress;
  const std::vector<Callback*>& first;
};

/// The held-out loss of a run, each corpus of a mix with a figure of its own; null where nothing is held out.
std::unique_ptr<Evaluate> evaluation_of(RunParts& run);

/// Trains to the end, or to where a callback stops it; false then. The log, the picture, the checkpoints and the
/// results are in the run's folder. Throws where a value is not finite; the last checkpoint stays.
bool take_steps(RunParts& run, const Audience& to);

}  // namespace lexigrad::train
