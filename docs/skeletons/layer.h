// Gate: copy to nn/layers/gate.h and add its line to nn/nn.h.
#pragma once
#include "lexigrad/nn/layers/linear.h"

namespace lexigrad::nn {

/// x (..., dim) to value(x) times the sigmoid of gate(x), of the same shape.
class Gate final : public Module {
 public:
  explicit Gate(int64_t dim) : value_(dim, dim), gate_(dim, dim) {}
  Tensor forward(const Tensor& x) const { return value_(x) * sigmoid(gate_(x)); }

 private:
  Linear value_, gate_;
  LEXIGRAD_MODULE(Gate, value_, gate_)
};

}  // namespace lexigrad::nn
