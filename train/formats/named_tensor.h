// Tensors and texts by name: what files hold.
#pragma once
#include <map>
#include <string>

#include "lexigrad/autograd/tensor/tensor.h"

namespace lexigrad::train {

struct NamedTensor {
  std::string name;
  Tensor tensor;
};

/// What the file says of a tensor that had to be converted: "F16" with the shape and bytes there, by its name.
struct StoredDtype {
  std::string dtype;
  Shape shape;
  int64_t bytes;
};
using StoredDtypes = std::map<std::string, StoredDtype>;

using Metadata = std::map<std::string, std::string>;

}  // namespace lexigrad::train
