// The gated feed-forward part of a transformer's block.
#pragma once
#include "lexigrad/nn/layers/dropout.h"
#include "lexigrad/nn/layers/linear.h"

namespace lexigrad::nn {

struct SwiGLUOptions {
  bool bias = false;
  double dropout = 0;  ///< of the output
};

/// project(silu(gate(x)) * value(x)): x (..., dim) to hidden numbers and back (Shazeer 2020).
class SwiGLU final : public Layer {
 public:
  SwiGLU(int64_t dim, int64_t hidden, const SwiGLUOptions& options = {})
      : gate_(dim, hidden, {.bias = options.bias}),
        value_(dim, hidden, {.bias = options.bias}),
        project_(hidden, dim, {.bias = options.bias}),
        dropout_(options.dropout) {}

  Tensor forward(const Tensor& x) const override { return dropout_(project_(silu(gate_(x)) * value_(x))); }

  const Linear& gate() const { return gate_; }
  const Linear& value() const { return value_; }
  const Linear& project() const { return project_; }

 private:
  Linear gate_, value_, project_;
  Dropout dropout_;
  LEXIGRAD_MODULE(SwiGLU, gate_, value_, project_, dropout_)
};

}  // namespace lexigrad::nn
