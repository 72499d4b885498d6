// Which instruction set the kernels run on.
#pragma once

namespace lexigrad::kernels {

/// "AVX2", "AVX3", "SSE4", ...: the best that the kernels are built for and this machine has.
const char* target_name();

}  // namespace lexigrad::kernels
