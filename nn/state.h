// Values under names, as files hold them, and how they get back into a module.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "lexigrad/autograd/tensor/tensor.h"

namespace lexigrad::nn {

/// Tensors under their paths ("gate.weight"), in a stable order.
using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

/// Copies the values of `state` into a module's `own` tensors, which are named as there; what
/// is one tensor in one is one in the other. Throws, changing nothing and naming all that does
/// not fit `module`, its class.
void copy_state(const std::string& module, const NamedTensors& own, const NamedTensors& state);

}  // namespace lexigrad::nn
