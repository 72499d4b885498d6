// numpy's .npy format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "lexigrad/autograd/tensor/tensor.h"
#include "lexigrad/data/text/byte_source.h"
#include "lexigrad/train/formats/elements.h"
#include "lexigrad/train/formats/vector_format.h"

namespace lexigrad::train {

/// Writes one array (float32 '<f4', float64 '<f8', int64 '<i8', bool '|b1'), version 1.0,
/// C order, atomically.
void save_npy(const std::string& path, const Tensor& array);

/// Reads an array of versions 1.0 to 3.0, in either byte order and in C or Fortran order: f2 as float32, f4, f8,
/// bool, i1 to u8 as decode() has them. Throws FileError for other dtypes and damaged files.
Tensor load_npy(const std::string& path);

/// What such a file begins with.
inline constexpr std::string_view kNpyMagic = "\x93NUMPY";

/// What comes before the numbers of an array.
struct NpyHeader {
  const Element* element = nullptr;
  bool big_endian = false, fortran = false;
  std::vector<int64_t> sizes = {};  ///< of the shape
};
/// Reads it and leaves the numbers in the source, which may be a pipe; `path` is for the FileError of one that is
/// damaged or has another dtype.
NpyHeader read_npy_header(data::ByteSource& source, const std::string& path);

/// The row ".npy" in formats(): the rows of vectors; the words are beside in NAME.words.txt.
VectorFormat npy_format();

}  // namespace lexigrad::train
