// Numbers as files store them, and the tensors that they become.
#pragma once
#include <span>
#include <string_view>

#include "lexigrad/autograd/tensor/tensor.h"

namespace lexigrad::train {

struct Element {
  std::string_view name;  ///< in safetensors files: "F16"
  std::string_view npy;   ///< in .npy files, without the byte order: "f2"; empty where they have none
  int64_t bytes;          ///< of one
  Dtype dtype;            ///< of the tensor
};

/// All that are read. Those that a dtype is written as come first.
std::span<const Element> elements();
/// True where the bytes are the tensor's own.
bool is_as_stored(const Element& element);

/// Tensor of `shape` from its elements' bytes, exactly: F16 and F8 (OCP's E4M3, E5M2 and E8M0) as float32, whole
/// numbers as int64 (float64, the nearest, where one is past 2^63), C64 as float32 with a last dimension of 2.
Tensor decode(const Element& element, std::string_view bytes, const Shape& shape, bool big_endian = false);

/// The dtypes of elements(), as a list for people; `field` is &Element::name or &Element::npy.
std::string element_list(std::string_view Element::*field);

}  // namespace lexigrad::train
