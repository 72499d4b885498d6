// What layer_norm and rms_norm share; off the tape.
#pragma once
#include <functional>

#include "lexigrad/autograd/tensor/tensor.h"

namespace lexigrad::detail {

/// A forward pass over rows: the result, and what each row was normalised by.
struct Normalised {
  Tensor y;
  Tensor moments;  ///< (rows, 2): mean and scale
};
/// (x - mean) / sqrt(variance + eps) * weight + bias over the last dimension; without the means
/// where bias is undefined.
Normalised normalise(const char* op, const Tensor& x, const Tensor& weight, const Tensor& bias, double eps);

/// Sums over `dims` (checked), which become 1, of x^2, or where centred of (x - mean)^2.
Tensor sum_of_squares(const Tensor& x, const std::vector<int64_t>& dims, bool centred);
/// powers(x)^(1/p), for sums over `dims` of p-th powers that become 1. Where these have left the range that x
/// and the result are in, of x over its largest.
Tensor root_of_powers(const Tensor& x, const std::vector<int64_t>& dims, double p,
                      const std::function<Tensor(const Tensor&)>& powers);
/// Square root of sum_of_squares, by root_of_powers.
Tensor root_of_squares(const Tensor& x, const std::vector<int64_t>& dims, bool centred);
/// x - mean over `dims`, on the tape; the sum of x may be out of range.
Tensor deviations(const Tensor& x, const std::vector<int64_t>& dims);

struct NormGradients {
  Tensor dx, dweight, dbias;  ///< of use where wanted
};
/// `wanted`: dx, dweight, dbias. Weight gradients are sums over fixed blocks of rows, added in order.
NormGradients normalise_gradient(const Tensor& x, const Tensor& weight, const Tensor& moments, bool centred,
                                 const Tensor& dy, const bool (&wanted)[3]);

}  // namespace lexigrad::detail
