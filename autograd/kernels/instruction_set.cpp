#include "lexigrad/autograd/kernels/instruction_set.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "lexigrad/autograd/kernels/instruction_set.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace lexigrad::kernels::HWY_NAMESPACE {
namespace {
const char* name() { return hwy::TargetName(HWY_TARGET); }
}  // namespace
}  // namespace lexigrad::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lexigrad::kernels {
HWY_EXPORT(name);
const char* target_name() { return HWY_DYNAMIC_DISPATCH(name)(); }
}  // namespace lexigrad::kernels
#endif
