#include "lexigrad/autograd/targets.h"

namespace lexigrad::detail {

Tensor checked_targets(const char* op, const Tensor& targets, const Shape& positions, int64_t classes,
                       int64_t ignore_index) {
  check(targets.dtype() == int64, op, "Targets must be int64, got ", name(targets.dtype()),
        ". Hint: targets.to(int64) converts");
  check(targets.shape() == positions, op, "Targets ", targets.shape(), " do not match positions ", positions,
        ". Hint: logits are (..., classes), targets (...)");
  Tensor flat = targets.contiguous();
  const int64_t* target = pointer<int64_t>(flat);
  for (int64_t i = 0; i < flat.numel(); ++i)
    check((target[i] >= 0 && target[i] < classes) || target[i] == ignore_index, op, "Target ", target[i],
          " at position ", i, " is outside the ", classes, " classes (valid are 0..", classes - 1, ", and ",
          ignore_index, " to ignore)");
  return flat;
}

}  // namespace lexigrad::detail
