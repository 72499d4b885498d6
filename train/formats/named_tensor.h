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

using Metadata = std::map<std::string, std::string>;

}  // namespace lexigrad::train
