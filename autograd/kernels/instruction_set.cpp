#include "lexigrad/autograd/kernels/instruction_set.h"

#include "hwy/targets.h"

namespace lexigrad::kernels {

const char* target_name() {
  int64_t targets = hwy::SupportedTargets() & HWY_TARGETS;
  return hwy::TargetName(targets & -targets);  // the lowest bit is the best
}

}  // namespace lexigrad::kernels
