// PyTorch's CPU random streams: the same seed gives the same numbers, bit for bit for rand,
// randint, randperm and uniform_.
#pragma once
#include <cstdint>

#include "lexigrad/autograd/tensor/generator.h"
#include "lexigrad/autograd/tensor/tensor.h"

namespace lexigrad {

/// Overwrites x (float32 or float64) with uniform values of [low, high); off the tape. A tensor
/// that is not contiguous is filled in the order of its memory, as in PyTorch. Throws as
/// Tensor::fill_ does.
const Tensor& uniform_(const Tensor& x, double low = 0, double high = 1,
                       Generator& from = default_generator());
/// The same with normal values. Fewer than 16 elements, or not contiguous ones,
/// take Generator::normal().
const Tensor& normal_(const Tensor& x, double mean = 0, double std = 1,
                      Generator& from = default_generator());

/// Uniform in [0, 1).
Tensor rand(const Shape& shape, Dtype dtype = float32);
/// Standard normal.
Tensor randn(const Shape& shape, Dtype dtype = float32);
/// Uniform integers in [low, high).
Tensor randint(int64_t low, int64_t high, const Shape& shape, Generator& from = default_generator());
/// A random order of 0..n-1.
Tensor randperm(int64_t n, Generator& from = default_generator());

}  // namespace lexigrad
