// The feed-forward part of a transformer's block.
#pragma once
#include <string>

#include "lexigrad/nn/layers/dropout.h"
#include "lexigrad/nn/layers/linear.h"

namespace lexigrad::nn {

enum class Activation { relu, gelu, gelu_tanh, silu };

struct MLPOptions {
  Activation activation = Activation::gelu;
  bool bias = true;
  double dropout = 0;  ///< of the output
};

/// project(activation(expand(x))): x (..., dim) to hidden numbers and back.
class MLP final : public Layer {
 public:
  MLP(int64_t dim, int64_t hidden, const MLPOptions& options = {})
      : activation_(options.activation),
        expand_(dim, hidden, {.bias = options.bias}),
        project_(hidden, dim, {.bias = options.bias}),
        dropout_(options.dropout) {}

  Tensor forward(const Tensor& x) const override { return dropout_(project_(activated(expand_(x)))); }

  const Linear& expand() const { return expand_; }
  const Linear& project() const { return project_; }

 private:
  Tensor activated(const Tensor& x) const {
    switch (activation_) {
      case Activation::relu:
        return relu(x);
      case Activation::gelu:
        return gelu(x);
      case Activation::gelu_tanh:
        return gelu(x, GeluForm::tanh);
      default:
        return silu(x);
    }
  }

  Activation activation_;
  Linear expand_, project_;
  Dropout dropout_;
  LEXIGRAD_MODULE(MLP, expand_, project_, dropout_)
};

}  // namespace lexigrad::nn
