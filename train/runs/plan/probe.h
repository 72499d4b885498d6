// How fast a run is, by a few of its steps.
#pragma once
#include <cstdint>

#include "lexigrad/train/runs/parts.h"

namespace lexigrad::train {

struct Probe {
  int64_t steps = 0;  ///< taken
  double step = 0;    ///< seconds
  double tokens = 0;  ///< a second
  double total = 0;   ///< seconds of the whole run, held-out losses among them
};

/// Takes real steps of the run for some `seconds`, at least one; the run is then of no use for anything else.
Probe probe_of(RunParts& run, double seconds = 1.5);

}  // namespace lexigrad::train
