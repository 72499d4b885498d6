// Where the tensors of two states are not the same in bits.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "lexigrad/nn/module.h"

namespace lexigrad::train {

/// The first element of two tensors, in their order, whose bits differ.
struct TensorDifference {
  std::string tensor;                   ///< its name
  Shape index = {};                     ///< empty where shapes or dtypes differ, and in a scalar
  std::string a = {}, b = {};           ///< the values, in digits that read back, or dtypes and shapes
  std::optional<uint64_t> ulps = {};    ///< numbers of the dtype apart; none of a NaN or a whole number
  int64_t differing = 0, elements = 0;  ///< of the tensor
};

/// The first tensor of `a` that differs from the one of the same name in `b`; one that `b` has not is passed over.
std::optional<TensorDifference> first_difference(const nn::NamedTensors& a, const nn::NamedTensors& b);

}  // namespace lexigrad::train
