// Tables of vectors in a byte a number, or a byte for several, in a safetensors file.
#pragma once
#include <cstdint>
#include <string>

#include "lexigrad/train/formats/safetensors.h"
#include "lexigrad/train/formats/vector_format.h"

namespace lexigrad::train {

struct QuantizeOptions {
  std::string method = "int8";  ///< or "pq"
  int64_t parts = 0;  ///< pq: so many parts of a row, a byte each; 0: as many as have 4 numbers or more
  uint64_t seed = 0;  ///< pq: of the centroids' starts
};

/// How far rows that are read back are off: 1 - cosine, in float64; rows of zeros count as 0.
struct QuantizeLoss {
  double mean = 0, largest = 0;
  int64_t row = 0;  ///< the one of the largest
};

/// Writes the vectors as tensors that load_vectors() reads back as float32:
///   int8  "codes" I8 (V, D) and "scales" F32 (V): a number is its code times its row's scale
///   pq    "codes" U8 (V, M) and "centroids" F32 (M, K, D/M), K at most 256: a part of a row is the centroid of its code
/// Centroids are k-means of the rows' parts (of 65,536 rows at most), the same bits for any number of threads. Throws
/// std::invalid_argument for vectors that save_vectors() refuses, values that are not finite, another method, and parts that
/// do not divide D.
QuantizeLoss save_quantized(const std::string& path, const WordVectors& vectors,
                            const QuantizeOptions& options = {});

/// Names of tensors that load_safetensors() must leave as bytes for quantized_rows().
inline constexpr const char* kCodes = "codes";
/// The rows of a file that save_quantized() wrote; undefined where it is another. Throws FileError where tensors do not fit.
Tensor quantized_rows(const SafetensorsFile& file, const std::string& path);

}  // namespace lexigrad::train
