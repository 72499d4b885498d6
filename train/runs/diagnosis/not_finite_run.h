// The end of a run of which a value is not finite.
#pragma once
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/train/runs/parts.h"

namespace lexigrad::train {

/// Writes RUN/not_finite.json (step, message, checkpoint, batches with windows and texts) and throws
/// std::runtime_error with the same in a line. The last checkpoint stays.
[[noreturn]] void fail_not_finite_run(const NumericsError& error, const RunParts& run);
/// Takes away what such an end of before has left.
void remove_not_finite(const RunParts& run);

}  // namespace lexigrad::train
