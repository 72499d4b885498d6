// From random words to uniform and normal values, in PyTorch's arithmetic.
#pragma once
#include <cstdint>

namespace lexigrad::kernels {

/// y[i] = low + u * (high - low), u the low bits of word i (float, 24 bits) or of words 2i, 2i + 1, the first
/// being the high half (double, 53 bits), as a fraction in [0, 1). What rounds up to `high` becomes `low`.
template <class T>
void uniform(const uint32_t* words, T* y, int64_t n, T low, T high);

/// Turns blocks of 16 uniform values of [0, 1) into normal ones, in place (Box and Muller
/// 1958): of each block element j and j + 8 become mean + std * r cos t and mean + std * r sin
/// t with r = sqrt(-2 ln(1 - x[j])), t = 2 pi x[j + 8]. float uses the single-precision
/// polynomials of Cephes (Moshier), which PyTorch uses.
template <class T>
void box_muller(T* x, int64_t blocks, T mean, T std);

}  // namespace lexigrad::kernels
