// A parameter as optimizers and files see it: the tensor, its path in the model, and the row that never
// changes.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "lexigrad/autograd/tensor.h"

namespace lexigrad::nn {

/// A handle on a parameter (it shares the tensor). `constant_row`: this row of a table gets no gradient, no
/// decay and no moments (padding_idx); -1: none.
struct ParameterRef : Tensor {
  ParameterRef() = default;
  ParameterRef(Tensor tensor, std::string name = {}, int64_t constant_row = -1)
      : Tensor(std::move(tensor)), name(std::move(name)), constant_row(constant_row) {}

  std::string name;  // a path such as "tok.weight"
  int64_t constant_row = -1;
};

/// Plain tensors as parameters without names.
inline std::vector<ParameterRef> as_parameters(const std::vector<Tensor>& tensors) {
  return {tensors.begin(), tensors.end()};
}

}  // namespace lexigrad::nn
