// The logistic loss of pairs, and its slope.
#pragma once
#include <cstdint>

namespace lexigrad::kernels {

/// Sum of |w[i]| softplus(-sign(w[i]) s[i]), in order of blocks as kernels::sum has it; s[i] becomes the slope of its
/// term, -w[i] sigmoid(-sign(w[i]) s[i]).
template <class T>
T logistic_loss(T* s, const T* w, int64_t n);

}  // namespace lexigrad::kernels
