// The elements of a tensor as bytes, for formats that store them as they are.
#pragma once
#include "lexigrad/autograd/tensor/tensor.h"

namespace lexigrad::train {

/// The first byte of a contiguous tensor; x.numel() * item_size(x.dtype()) follow.
char* element_bytes(const Tensor& x);

}  // namespace lexigrad::train
