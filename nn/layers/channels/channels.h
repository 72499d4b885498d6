// What layers over channels share: x (N, C, ...).
#pragma once
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/nn/module.h"

namespace lexigrad::nn::detail {

inline void check_channels(const char* layer, const Tensor& x, int64_t channels) {
  check(x.rank() >= 2 && x.size(1) == channels, layer, "Needs an input (N, ", channels, ", ...), got ",
        x.shape(), ". Hint: channels are dimension 1; x.transpose(1, 2) of (N, L, C) puts them there");
}

/// `values` (C) in the form in which it meets x (N, C, ...).
inline Tensor by_channel(const Tensor& values, const Tensor& x) {
  Shape shape(x.rank(), 1);
  shape[1] = values.numel();
  return values.reshape(shape);
}

/// x weight + bias for each channel; either may be undefined.
inline Tensor scale_channels(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  Tensor y = weight.defined() ? x * by_channel(weight, x) : x;
  return bias.defined() ? y + by_channel(bias, x) : y;
}

}  // namespace lexigrad::nn::detail
