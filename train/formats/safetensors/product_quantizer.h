// Product quantization: each part of a row is the nearest of 256 centroids (Jegou, Douze and Schmid, Product quantization
// for nearest neighbor search, 2011).
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "lexigrad/autograd/tensor/tensor.h"

namespace lexigrad::train {

struct ProductCodes {
  int64_t parts, count, width;   ///< of a row; centroids of each part; numbers of each
  std::vector<float> centroids;  ///< (parts, count, width)
  std::string codes;             ///< (rows, parts), a byte each
};

/// Quantizes a (V, D) matrix of float32 whose D is a multiple of `parts`. The result depends on rows, parts and seed alone.
ProductCodes product_codes(const Tensor& rows, int64_t parts, uint64_t seed);

}  // namespace lexigrad::train
