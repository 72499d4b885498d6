// What takes one tensor to another, where a model chooses between several by an option.
#pragma once
#include "lexigrad/nn/module.h"

namespace lexigrad::nn {

class Layer : public Module {
 public:
  virtual Tensor operator()(const Tensor& x) const = 0;
};

}  // namespace lexigrad::nn
